import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeOf, importsOf } from './imports.ts'
import { type File, layers } from './layers.ts'

const ROOT = join(import.meta.dirname, '..')

describe('the layers of this repository', () => {
  const patterns = ['{packages,apps}/*/src/**/*.{ts,tsx}', '{packages,apps}/*/package.json']
  const paths = globSync(patterns, { cwd: ROOT }).map((path) => path.replaceAll('\\', '/'))
  const files = paths.toSorted().map((path): File => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

  it('hold', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(layers(files)).toEqual([])
  })

  it('are seen: each package imports core by its name', () => {
    const importing = (folder: string) =>
      files.some(
        ({ path, text }) =>
          path.startsWith(`${folder}/src/`) &&
          importsOf(codeOf(text)).some(({ from }) => from?.startsWith('@tidemark/core')),
      )
    const folders = ['apps/runner', 'packages/engine', 'packages/destination', 'packages/source-git']
    expect(folders.filter((folder) => !importing(folder))).toEqual([])
  })
})

describe('each rule can fail:', () => {
  const at = (path: string, text: string): readonly string[] => layers([{ path, text }])

  it.each<[string, string, string, string]>([
    [
      'engine → core only',
      'packages/engine/src/plan.ts',
      "import { open } from '@tidemark/destination'",
      'imports @tidemark/destination, but engine may import core',
    ],
    [
      'destination → core only',
      'packages/destination/src/open.ts',
      "import type { Step } from '@tidemark/engine'",
      'imports @tidemark/engine, but destination may import core',
    ],
    [
      'source-* → http, child-process, core only',
      'packages/source-git/src/source.ts',
      "export { sync } from '@tidemark/engine'",
      'imports @tidemark/engine, but source may import http, child-process, core',
    ],
    [
      'no source imports another',
      'packages/source-git/src/source.ts',
      "import files from '@tidemark/source-files'",
      'imports @tidemark/source-files, but source may import http, child-process, core',
    ],
    [
      'testkit → engine, destination, core only',
      'packages/testkit/src/conform.ts',
      "import '@tidemark/runner/config'",
      'imports @tidemark/runner/config, but testkit may import engine, destination, core',
    ],
    [
      'the runner imports no source by name',
      'apps/runner/src/main.ts',
      "import git from '@tidemark/source-git'",
      'imports @tidemark/source-git, but runner may import engine, destination, core',
    ],
    [
      'a new package says its arrows first',
      'packages/queue/src/queue.ts',
      "import { sync } from '@tidemark/engine'",
      'imports @tidemark/engine, but queue has no arrows yet',
    ],
    [
      'no way around by a path',
      'packages/engine/src/sync.ts',
      "import { open } from '../../destination/src/open.ts'",
      'imports "../../destination/src/open.ts", which lies outside its package',
    ],
    [
      'core → zod only',
      'packages/core/src/table.ts',
      "import pino from 'pino'",
      'imports pino, but core imports zod and nothing else',
    ],
    [
      'core does no I/O',
      'packages/core/src/table.ts',
      "import { readFile } from 'node:fs/promises'",
      'imports node:fs/promises, but core does no I/O',
    ],
    [
      'core does no I/O, without the prefix',
      'packages/core/src/table.ts',
      "import 'fs'",
      'imports fs, but core does no I/O',
    ],
    [
      'core reads no clock',
      'packages/core/src/plan.ts',
      'const a = Date.now()',
      'uses Date.now, but core reads no clock',
    ],
    [
      'core reads no clock',
      'packages/core/src/plan.ts',
      'const a = new Date( )',
      'uses new Date(), but core reads no clock',
    ],
    [
      'core reads no clock',
      'packages/core/src/plan.ts',
      'const a = new Date;',
      'uses new Date(), but core reads no clock',
    ],
    ['core reads no clock', 'packages/core/src/plan.ts', 'const a = Date()', 'uses Date(), but core reads no clock'],
    [
      'core reads no clock',
      'packages/core/src/plan.ts',
      'const a = performance.now()',
      'uses performance, but core reads no clock',
    ],
    [
      'core has three doors',
      'packages/engine/src/plan.ts',
      "import { gaps } from '@tidemark/core/dist/coverage.js'",
      'imports @tidemark/core/dist/coverage.js, but engine uses core only through @tidemark/core or @tidemark/core/values or @tidemark/core/engine',
    ],
    [
      'two of them are the authors’',
      'packages/source-git/src/source.ts',
      "import { parseInstant } from '@tidemark/core/engine'",
      'imports @tidemark/core/engine, but source uses core only through @tidemark/core or @tidemark/core/values',
    ],
    [
      'so it is for what sources share',
      'packages/http/src/redactor.ts',
      "import { createMasker } from '@tidemark/core/engine'",
      'imports @tidemark/core/engine, but http uses core only through @tidemark/core or @tidemark/core/values',
    ],
    [
      'the contract knows nothing of how it is stored',
      'packages/core/src/contract/table.ts',
      "import type { Coverage } from '../store/coverage.ts'",
      'imports store/coverage.ts, but of core contract imports values alone',
    ],
    [
      'values stand by themselves',
      'packages/core/src/values/window.ts',
      "import { SyncError } from '../contract/error.ts'",
      'imports contract/error.ts, but of core values imports no folder alone',
    ],
    [
      'nothing imports itself',
      'packages/engine/src/plan.ts',
      "import type { Plan } from './plan.ts'",
      'imports itself through packages/engine/src/plan.ts',
    ],
    [
      'SQL is built in one place',
      'packages/engine/src/commit.ts',
      "import type { Kysely } from 'kysely'",
      'imports kysely, but only destination and source-sql import kysely',
    ],
    [
      'the engine knows sources, a destination and a clock',
      'packages/engine/src/commit.ts',
      "import express from 'express'",
      "imports express, but of others' packages engine takes zod and @opentelemetry/api alone",
    ],
    [
      'imports are static',
      'packages/engine/src/sync.ts',
      'const it = await import(path)',
      'only apps/runner/src/discover.ts uses a dynamic import()',
    ],
    [
      'types are imported by name too',
      'packages/engine/src/sync.ts',
      "type It = import('@tidemark/core').Source",
      'only apps/runner/src/discover.ts uses a dynamic import()',
    ],
    ['files have names', 'packages/engine/src/utils.ts', '', 'a file is named after its main export, not "utils"'],
    ['files have names', 'apps/runner/src/show/types.ts', '', 'a file is named after its main export, not "types"'],
    ['files are short', 'packages/engine/src/plan.ts', '\n'.repeat(300).concat('x'), 'has 301 lines, more than 300'],
    [
      'exports are chosen by hand',
      'packages/engine/src/index.ts',
      "export * from './plan.ts'",
      'exports are chosen by hand: no export *',
    ],
    [
      'exports are chosen by hand',
      'packages/engine/src/index.ts',
      "export type * as plan from './plan.ts'",
      'exports are chosen by hand: no export *',
    ],
    [
      'package.json follows the arrows',
      'packages/engine/package.json',
      '{ "name": "@tidemark/engine", "dependencies": { "@tidemark/destination": "workspace:*" } }',
      'depends on @tidemark/destination, but engine may import core',
    ],
    [
      'package.json follows the arrows, peers too',
      'packages/source-git/package.json',
      '{ "name": "@tidemark/source-git", "peerDependencies": { "@tidemark/engine": "workspace:^" } }',
      'depends on @tidemark/engine, but source may import http, child-process, core',
    ],
    [
      'core depends on zod only',
      'packages/core/package.json',
      '{ "name": "@tidemark/core", "dependencies": { "ms": "1" }, "peerDependencies": { "zod": "^4" } }',
      'depends on ms, but core depends on zod and nothing else',
    ],
    [
      'kysely is nobody else’s dependency',
      'apps/runner/package.json',
      '{ "name": "@tidemark/runner", "dependencies": { "kysely": "1" } }',
      'depends on kysely, but only destination and source-sql import it',
    ],
    [
      'whoever installs the runner gets no source with it',
      'apps/runner/package.json',
      '{ "name": "@tidemark/runner", "dependencies": { "@tidemark/source-git": "1" } }',
      'depends on @tidemark/source-git, but runner may import engine, destination, core',
    ],
  ])('%s (%s)', (_, path, text, broken) => {
    expect(at(path, text)).toEqual([`${path}: ${broken}`])
  })

  it('no files of a package import each other in a circle, types included', () => {
    const files = [
      ['packages/engine/src/sync.ts', "import { plan } from './plan.ts'"],
      ['packages/engine/src/plan.ts', "import { step } from './run/step.ts'\nimport { range } from './range.ts'"],
      ['packages/engine/src/range.ts', "export { range } from './run/step.ts'"],
      ['packages/engine/src/run/step.ts', "import type { Plan } from '../plan.ts'"],
      ['packages/testkit/src/plan.ts', "import { step } from './step.ts'"],
    ].map(([path, text]): File => ({ path: path!, text: text! }))
    expect(layers(files)).toEqual([
      'packages/engine/src/plan.ts: imports itself through packages/engine/src/run/step.ts → packages/engine/src/plan.ts',
    ])
  })

  it('what is imported is listed (packages/http/src/sync.ts)', () => {
    const manifest = { path: 'packages/http/package.json', text: '{ "name": "@tidemark/http" }' }
    const source = {
      path: 'packages/http/src/sync.ts',
      text: "import { x } from '@scope/pkg/inner'; import 'node:fs'",
    }
    expect(layers([manifest, source])).toEqual([
      'packages/http/src/sync.ts: imports @scope/pkg, which packages/http/package.json does not list',
    ])
  })

  it.each([
    [
      'packages/core/src/cursor.ts',
      "import type { z } from 'zod'\nconst at = new Date(ms).toISOString() + Date.UTC(1970, 0)",
    ],
    ['packages/core/src/log.ts', '// Date.now() would read a clock; new Date() too\nconst text = "Date.now()"'],
    ['packages/destination/src/open.ts', "const server = () => import('./postgres/open-postgres.ts')"],
    [
      'packages/destination/src/open.ts',
      "import { sql } from 'kysely'\nimport { Kysely } from 'kysely/helpers/postgres'",
    ],
    ['packages/source-sql/src/read.ts', "import { Kysely } from 'kysely'"],
    [
      'packages/engine/src/plan.ts',
      "import type { Range } from '@tidemark/core/engine'\nconst here = import.meta.dirname",
    ],
    [
      'packages/source-git/src/source.ts',
      "import { get } from '@tidemark/http'\nimport { days } from '@tidemark/core'\nimport { parseInstant } from '@tidemark/core/values'",
    ],
    [
      'packages/core/src/store/coverage.ts',
      "import { floorTo } from '../contract/cursor.ts'\nimport { isEmpty } from '../values/window.ts'",
    ],
    ['packages/core/src/engine.ts', "export { union } from './store/coverage.ts'"],
    ['apps/runner/src/discover.ts', 'const found = await import(entry)'],
    ['apps/runner/src/show/plan.ts', "import { plan } from '../discover.ts'"],
    ['packages/engine/src/plan.ts', '\n'.repeat(299).concat('x')],
    ['packages/engine/test/utils.ts', "import { open } from '@tidemark/destination'"],
    ['test/layers.ts', "import { open } from 'kysely'"],
  ])('and lets pass what is allowed (%s: %j)', (path, text) => {
    expect(at(path, text)).toEqual([])
  })
})

describe('the imports of a file', () => {
  const found = (text: string) => importsOf(codeOf(text)).map(({ from, kind }) => `${kind} ${from}`)

  it('are found in every form', () => {
    const text = `
      import a from 'a'; import * as b from "b"
      import c, { type C, default as d } from 'c'
      import {
        type D,
        d, // with a comment: from 'nowhere'
      } from 'd'
      import type { E } from 'e'
      import 'f'
      export { g } from 'g'
      export type { H } from 'h'
      export * as i from 'i'
      const j = await import('j')
      const k = await import(\`./\${name}.ts\`)
      const l = import(
        /* why */ 'l'
      )
      export const m = 'm'
      import data from 'n' with { type: 'json' }
      const text = \`\${await import('o')}\`
    `
    expect(found(text)).toEqual([
      ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'n'].map((name) => `static ${name}`),
      ...['j', 'undefined', 'l', 'o'].map((name) => `dynamic ${name}`),
    ])
  })

  it('are not found in comments, texts and regular expressions', () => {
    const text = `
      // import a from 'a'
      /* export * from 'b' */
      const c = "import c from 'c'"
      const d = \`import d from 'd' \${e + "import('e')"} import('f')\`
      const g = /['"\`] import('g')/.test(x) ? 1 / 2 : 3 / 4 // '
      const h = /[/'"]/
      const i = 'it\\'s // no comment' + " import 'i'"
      imports('j'); reimport('k'); const important = 'l'
      const url = 'https://example.com' // import 'm'
    `
    expect(found(text)).toEqual([])
    expect(codeOf(text).code).toContain('const url =')
  })
})

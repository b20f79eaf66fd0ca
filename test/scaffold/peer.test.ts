import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, inject, it, onTestFinished } from 'vitest'
import type { Done } from '../walk/shell.ts'
import { Outside } from './packed.ts'

// The walk of docs/errors.md that needs a registry: a source without its peer, and the command that its message prints.

/** As in a workspace that says so: a peer that nobody adds is missing. */
const BY_HAND = 'autoInstallPeers: false\n'
const SOURCE = `import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const shop = defineSource({ name: 'shop' })
const read = async function* () {
  yield [{ id: 1 }]
}
export default register(shop.with([shop.table({ name: 'things', row: z.object({ id: z.int() }), primaryKey: ['id'], read })]))
`

/** Installs what a package.json names, with peers by hand. */
async function install(outside: Outside, cwd: string, ...names: readonly string[]): Promise<void> {
  const file = join(outside.folder, cwd, 'package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object
  const dependencies = Object.fromEntries(names.map((name) => [name, '*']))
  writeFileSync(file, JSON.stringify({ ...manifest, dependencies }))
  outside.fromTarballs(cwd)
  appendFileSync(join(outside.folder, cwd, 'pnpm-workspace.yaml'), BY_HAND)
  succeeded(await outside.manage(cwd, 'install', '--no-frozen-lockfile'))
}

/** A folder with a shell that has pnpm, a source without `zod`, and a project without a source. */
async function withLonelySource(): Promise<Outside> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-peer-')))
  onTestFinished(() => rmSync(base, { recursive: true, force: true }))
  const outside = new Outside(base, 'pnpm', new Map(inject('tarballs')))
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(base, path)), { recursive: true })
    writeFileSync(join(base, path), text)
  }
  write('bin/pnpm', '#!/bin/sh\nexec npx -y pnpm@12.18.0 "$@"\n')
  chmodSync(join(base, 'bin/pnpm'), 0o755)
  write('source-shop/index.js', SOURCE)
  write('source-shop/package.json', JSON.stringify({ ...SOURCE_MANIFEST, tidemark: { source: './index.js' } }))
  write('project/package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }))
  return outside
}

const SOURCE_MANIFEST = {
  ...{ name: 'source-shop', version: '1.0.0', type: 'module', exports: './index.js' },
  peerDependencies: { '@tidemark/core': '*', zod: '^4.1.0' },
}

function succeeded(done: Done): Done {
  expect(done.code, done.stdout + done.stderr).toBe(0)
  return done
}

it('a linked source finds its peer after the command of the message', async () => {
  const outside = await withLonelySource()
  await install(outside, 'source-shop', '@tidemark/core')
  await install(outside, 'project', '@tidemark/runner')
  succeeded(await outside.manage('project', 'add', 'link:../source-shop'))
  const sync = () => outside.run('project', 'node_modules/.bin/tidemark', 'sync')
  const lonely = await sync()
  expect(lonely.code, lonely.stderr).not.toBe(0)
  const said = /cannot find its peer "zod".*run "(pnpm add [^"]+)" in (\S+),/.exec(lonely.stderr + lonely.stdout)
  expect(said, lonely.stderr).not.toBeNull()
  succeeded(await outside.shell('.', `cd '${said![2]}' && ${said![1]}`, {}))
  succeeded(await sync())
})

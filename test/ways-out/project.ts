import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = join(ROOT, 'apps/runner/dist/main.js')

/** The sources of this repository. */
export type Kind = 'files' | 'git' | 'github' | 'rest' | 'sql'

export interface Said {
  readonly code: number | null
  /** All that was printed, but for the lines of the log. */
  readonly text: string
}

/** A user's project in a folder of its own, with `npx tidemark` as a shell finds it. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'tidemark-ways-'))
  /** What the user has exported. */
  readonly env: Record<string, string> = {}

  readonly #packages: readonly string[]
  #destination = ''

  /** @param kinds the sources that are installed @param atEnd takes what is done when the test is over */
  constructor(kinds: readonly Kind[], atEnd: (work: () => void) => void) {
    this.#packages = kinds.map((kind) => `@tidemark/source-${kind}`)
    atEnd(() => rmSync(this.folder, { recursive: true, force: true }))
    const packages = { '@tidemark/core': 'packages/core', '@tidemark/runner': 'apps/runner' }
    for (const kind of kinds) Object.assign(packages, { [`@tidemark/source-${kind}`]: `packages/source-${kind}` })
    mkdirSync(join(this.folder, 'node_modules/@tidemark'), { recursive: true })
    for (const [name, path] of Object.entries(packages))
      symlinkSync(join(ROOT, path), join(this.folder, 'node_modules', name))
    symlinkSync(join(ROOT, 'packages/core/node_modules/zod'), join(this.folder, 'node_modules/zod'))
    this.#manifest(this.#packages)
    const program = (words: string): string => `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' ${words}\n`
    this.write('home/bin/npx', program('"$@"').replace('exec', '[ "$1" = tidemark ] && shift\nexec'))
    this.write('home/bin/tidemark', program('"$@"'))
    for (const name of ['npx', 'tidemark']) chmodSync(join(this.folder, 'home/bin', name), 0o755)
    this.config({})
  }

  #manifest(dependencies: readonly string[]): void {
    const versions = Object.fromEntries(dependencies.map((name) => [name, '*']))
    this.write('package.json', JSON.stringify({ name: 'ways', private: true, type: 'module', dependencies: versions }))
  }

  write(path: string, text: string | Uint8Array): string {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }

  config(config: { readonly destination?: string; readonly [key: string]: unknown }): void {
    this.#destination = config.destination ?? 'data/tidemark.db'
    this.write('tidemark.config.json', JSON.stringify(config))
  }

  /** Installs a source `shop`, with these tables in its own code. */
  shop(tables: string): void {
    this.write(
      'node_modules/source-shop/package.json',
      JSON.stringify({
        ...{ name: 'source-shop', version: '1.0.0', type: 'module', tidemark: { source: './index.js' } },
        peerDependencies: { '@tidemark/core': '*', zod: '*' },
      }),
    )
    this.write(
      'node_modules/source-shop/index.js',
      `import * as core from '@tidemark/core'
import { z } from 'zod'
const { SyncError, days } = core
const shop = core.defineSource({ name: 'shop' })
const row = z.object({ id: z.int(), text: z.string() })
const rows = (count, from = 0) => Array.from({ length: count }, (_, at) => ({ id: from + at, text: 'a' }))
const table = (name, read, more = {}) => shop.table({ name, row, primaryKey: ['id'], read, ...more })
export default core.register(shop.with([${tables}]))
`,
    )
    this.#manifest([...this.#packages, 'source-shop'])
  }

  /** Runs the program with arguments that the test gives. */
  run(...args: readonly string[]): Promise<Said> {
    return this.#spawn(process.execPath, [MAIN, ...args])
  }

  /** Starts the program, which the walk ends. @param heard what it prints, piece by piece */
  start(args: readonly string[], heard: (piece: string) => void = () => {}): ChildProcess {
    const child = this.#child(process.execPath, [MAIN, ...args])
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', heard)
    return child
  }

  /** Pastes a line into a shell. */
  sh(line: string): Promise<Said> {
    return this.#spawn('sh', ['-c', line])
  }

  /** How many rows a table has that were not deleted. @param which a condition on them, in SQL */
  count(table: string, which = 'true'): number {
    const database = new DatabaseSync(resolve(this.folder, this.#destination), { readOnly: true })
    try {
      const statement = `select count(*) as n from ${table} where _deleted_at is null and ${which}`
      return Number(database.prepare(statement).get()?.['n'])
    } finally {
      database.close()
    }
  }

  /** For what a user does by hand. */
  git(...args: readonly string[]): void {
    execFileSync('git', args, { cwd: this.folder, env: this.#environment(), stdio: 'ignore' })
  }

  #environment(): Record<string, string> {
    const home = join(this.folder, 'home')
    const PATH = `${join(home, 'bin')}:${process.env['PATH']}`
    return { HOME: home, PATH, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '', ...this.env }
  }

  #child(program: string, args: readonly string[]): ChildProcess {
    return spawn(program, args, { cwd: this.folder, env: this.#environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  }

  #spawn(program: string, args: readonly string[]): Promise<Said> {
    const child = this.#child(program, args)
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    return new Promise((done, reject) => {
      child.on('error', reject).on('close', (code) => done({ code, text: text.replace(/^\{"level".*\n/gm, '') }))
    })
  }
}

/** The commands of a verb that a text prints, as a user would mark and copy them. */
export function commandsIn(text: string, verb: string): readonly string[] {
  const start = new RegExp(`(?:npx )?tidemark ${verb}\\b`, 'g')
  return [...text.matchAll(start)].map(({ index }) => commandAt(text, index))
}

/** From where a command begins to where sh would say that it ends, a bracket or the sentence around it. */
function commandAt(text: string, start: number): string {
  const isQuoted = text[start - 1] === '"'
  let quote = ''
  let at = start
  for (; at < text.length; at++) {
    const character = text[at]!
    if (quote === '"' && character === '\\') at++
    else if (quote !== '') quote = character === quote ? '' : quote
    else if (isQuoted && character === '"') break
    else if (`"'`.includes(character)) quote = character
    else if ('\n;)'.includes(character) || /^(?:, |: |\.(?:\s|$))/.test(text.slice(at, at + 2))) break
  }
  return text.slice(start, at).trim()
}

/** What a text shows as a piece of config, behind a word: `such as { items: … }`, `namespace: "second"`. */
export function configIn(text: string, before: RegExp): Record<string, unknown> {
  const found = before.exec(text)
  if (found === null) throw new Error(`no ${before} in: ${text}`)
  const rest = text.slice(found.index + found[0].length)
  for (let end = 1; end <= rest.length; end++) {
    for (const piece of [rest.slice(0, end), `{${rest.slice(0, end)}}`]) {
      if (!piece.endsWith('}') || !piece.startsWith('{') || /^\{\s*\}?$/.test(piece)) continue
      if (!piece.includes(':') || /:\s*\}$/.test(piece)) continue
      try {
        return runInNewContext(`(${piece})`) as Record<string, unknown>
      } catch {
        // Not at its end yet.
      }
    }
  }
  throw new Error(`no config behind ${before} in: ${text}`)
}

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const runner = fileURLToPath(new URL('..', import.meta.url))
const main = join(runner, 'dist/main.js')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
  /** Waits until stderr holds a text. */
  says(text: string): Promise<void>
}

export interface PackageOptions {
  /** The package's name; default: `source-<name>`. */
  readonly package?: string
  readonly manifest?: object
  /** Where it really is: a link to there is installed. */
  readonly linkTo?: string
  /** The folder whose node_modules it is put into; default: the project. */
  readonly under?: string
}

/** A project in a temporary folder, with packages installed as the test says, and `tidemark` as a real process. */
export interface TestProject {
  readonly folder: string
  write(path: string, text: string): string
  read(path: string): string
  config(config: object | string): void
  /** Installs a package whose entry is this code and adds it to the dependencies. */
  install(name: string, code: string, options?: PackageOptions): string
  start(args: readonly string[], environment?: Record<string, string>): Running
  run(args: readonly string[], environment?: Record<string, string>): Promise<Outcome>
}

export function testProject(dependencies: Record<string, string> = {}): TestProject {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-runner-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const installed = { ...dependencies }
  const write = (path: string, text: string): string => {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }
  const manifest = (): void =>
    void write(
      'package.json',
      JSON.stringify({ name: 'a-project', private: true, type: 'module', dependencies: installed }),
    )
  manifest()
  linkPeers(join(folder, 'node_modules'))
  const start = (args: readonly string[], environment: Record<string, string> = {}): Running =>
    startIn(folder, args, environment)
  return {
    folder,
    write,
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    config: (config) =>
      void (typeof config === 'string'
        ? write('tidemark.config.ts', config)
        : write('tidemark.config.json', JSON.stringify(config))),
    install(name, code, options = {}) {
      const packageName = options.package ?? `source-${name}`
      installed[packageName] = '1.0.0'
      manifest()
      const place = join(options.under ?? folder, 'node_modules', packageName)
      const real = options.linkTo ?? place
      mkdirSync(join(real, 'dist'), { recursive: true })
      const its = {
        name: packageName,
        version: '1.0.0',
        type: 'module',
        tidemark: { source: './dist/index.js' },
        peerDependencies: { '@tidemark/core': '*', zod: '*' },
      }
      writeFileSync(join(real, 'package.json'), JSON.stringify({ ...its, ...options.manifest }))
      writeFileSync(join(real, 'dist/index.js'), code)
      if (options.linkTo !== undefined) {
        mkdirSync(dirname(place), { recursive: true })
        symlinkSync(real, place)
      }
      return real
    },
    start,
    run: (args, environment) => start(args, environment).ended,
  }
}

/** Puts core, zod and the runner where packages in this folder find them. */
export function linkPeers(modules: string): void {
  mkdirSync(join(modules, '@tidemark'), { recursive: true })
  symlinkSync(join(runner, 'node_modules/@tidemark/core'), join(modules, '@tidemark/core'))
  symlinkSync(runner, join(modules, '@tidemark/runner'))
  symlinkSync(join(runner, 'node_modules/zod'), join(modules, 'zod'))
}

function startIn(cwd: string, args: readonly string[], environment: Record<string, string>): Running {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
    for (const look of waiting) look()
  })
  const ended = new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
  return {
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (stderr.includes(text) && resolve())
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`ended without saying "${text}":\n${stderr}`)))
      }),
  }
}

/** What a JSON config writes for an environment variable. */
export function reference(name: string): string {
  return `\${${name}}`
}

/** A source with one keyed, timed table of daily rows, from 2026-01-01 on. */
export function dailySource(name: string, tables: readonly string[] = ['days'], more = ''): string {
  return `
import { days, defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: '${name}' })
const DAY = 86_400_000
const first = Date.parse('2026-01-01T00:00:00Z')
const table = (name) => source.table({
  name,
  row: z.object({ id: z.int(), at: z.iso.datetime(), note: z.string() }),
  primaryKey: ['id'],
  cursor: 'at',
  window: days(7),
  end: () => '2026-02-01T00:00:00Z',
  start: '2026-01-01T00:00:00Z',
  async *read({ from, to }) {
    const rows = []
    for (let day = 0; day < 31; day++) {
      const at = new Date(first + day * DAY).toISOString()
      if (from !== undefined && Date.parse(at) < Date.parse(from)) continue
      if (Date.parse(at) < Date.parse(to)) rows.push({ id: day, at, note: name + ' ' + day })
    }
    yield rows
  },
})
${more}
export default register(source.with([${tables.map((table) => `table('${table}')`).join(', ')}]))
`
}

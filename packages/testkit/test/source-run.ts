import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceOptions } from '@tidemark/core'
import type { Settings } from '@tidemark/engine'

/** What one run of a source is given. */
export interface SourceRunOptions {
  /** The built file that exports the source. */
  readonly file: string
  readonly url: string
  readonly config: object
  /** What the source is called; absent: `shop`. */
  readonly name?: string
  readonly options?: SourceOptions
  readonly settings?: Settings
  /** Options of Node, such as a limit of its heap. */
  readonly node?: readonly string[]
  /** Variables on top of the environment. */
  readonly env?: NodeJS.ProcessEnv
}

/** What a run in a process of its own came to. */
export interface SourceRunEnd {
  /** Null where it was killed. */
  readonly code: number | null
  /** What it complained of. */
  readonly output: string
  /** The most memory that it had, in megabytes; undefined: it was killed. */
  readonly peakMb: number | undefined
}

/** Runs a source once, in a process of its own. */
export function runSource({
  file,
  url,
  config,
  name = 'shop',
  options = {},
  settings,
  node = [],
  env,
}: SourceRunOptions): {
  readonly ended: Promise<SourceRunEnd>
  /** @returns whether it ran. */
  kill(): boolean
} {
  const asked = JSON.stringify({ name, config, options, settings })
  const child = spawn(process.execPath, [...node, join(import.meta.dirname, 'run-source.js'), file, url, asked], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let [output, told] = ['', '']
  child.stderr.on('data', (piece) => (output += piece))
  child.stdout.on('data', (piece) => (told += piece))
  const ended = new Promise<SourceRunEnd>((resolve) =>
    child.once('close', (code) => resolve({ code, output, peakMb: told === '' ? undefined : JSON.parse(told).peakMb })),
  )
  return { ended, kill: () => child.kill('SIGKILL') }
}

/** The process whose id a file has, where it runs. */
export function processIn(file: string): number | undefined {
  const id = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  return id > 0 && isAlive(id) ? id : undefined
}

/** Whether a process runs. One that is dead and not yet waited for does not. */
export function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return !/^State:\s+Z/m.test(existsSync(`/proc/${id}/status`) ? readFileSync(`/proc/${id}/status`, 'utf8') : '')
  } catch {
    return false
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { serialize } from 'node:v8'
import type { ChildLine, Job } from './job.ts'
import type { SourceUnderTest } from './source-under-test.ts'

const HERE = import.meta.url
const CHILD = new URL(HERE.endsWith('.ts') ? './child.ts' : './child.js', HERE)

/** Where Node itself keeps it by default, once it is asked to. */
const COMPILED = join(tmpdir(), 'node-compile-cache')

/** A process that runs the source for itself. */
export class Child {
  readonly lines: ChildLine[] = []
  readonly ended: Promise<void>
  readonly #process: ChildProcess
  readonly #stopped = Promise.withResolvers<boolean>()
  readonly #done = Promise.withResolvers<void>()
  #stderr = ''
  #killed = false

  constructor(process: ChildProcess, entry: URL, job: string) {
    this.#process = process
    process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk
    })
    const lines = createInterface({ input: process.stdio[3] as Readable })
    lines.on('line', (line) => {
      const said = JSON.parse(line) as ChildLine
      this.lines.push(said)
      if (said.type === 'stopped') this.#stopped.resolve(true)
      if (said.type === 'done') this.#done.resolve()
    })
    const closed = new Promise<void>((resolve, reject) => {
      process.on('error', reject)
      process.on('close', () => resolve())
    })
    this.ended = closed.then(() => {
      this.#stopped.resolve(false)
      if (this.#killed || this.lines.some(({ type }) => type === 'done')) return
      throw new Error(
        `Node could not run ${fileURLToPath(entry)} (pass another module as "entry", such as the built one):\n${this.#stderr.slice(0, 2000)}`,
      )
    })
    this.ended.catch(() => {})
    process.stdin?.on('error', () => {})
    process.stdin?.end(job)
  }

  /** What went wrong in it. */
  get problem(): string | undefined {
    const done = this.lines.find((line) => line.type === 'done')
    return done?.problem
  }

  /** Whether it came to where the test has it stand still; false where it ended before. */
  async standsStill(): Promise<boolean> {
    await Promise.race([this.#stopped.promise, this.ended])
    return await this.#stopped.promise
  }

  /** Whether it ends by itself, so long after its work is done: starting a process may take its time. */
  async exitsWithin(ms: number): Promise<boolean> {
    const stop = new AbortController()
    try {
      await Promise.race([this.#done.promise, this.ended])
      return await Promise.race([this.ended.then(() => true), wait(ms, false, { signal: stop.signal })])
    } finally {
      stop.abort()
    }
  }

  kill(): void {
    this.#killed = true
    this.#process.kill('SIGKILL')
  }
}

/** Starts a process with the source of a world. @throws where no module is known that registers it. */
export async function startChild(world: SourceUnderTest, job: Job): Promise<Child> {
  const { entry, source } = world
  if (entry === undefined) {
    throw new Error(
      'this check needs a separate process, but no module that registers the source was found; pass it: entry: new URL("../src/index.ts", import.meta.url)',
    )
  }
  const child = spawn(process.execPath, ['--import', entry.href, fileURLToPath(CHILD), source.name], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    // Each of them loads the same modules: what Node compiled once, it keeps.
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
  })
  return new Child(child, entry, textOfJob(job))
}

function textOfJob(job: Job): string {
  try {
    return serialize(job).toString('base64')
  } catch (cause) {
    throw new Error('the config of this test cannot be passed to another process; it must be plain data', { cause })
  }
}

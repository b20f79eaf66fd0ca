import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { FAILPOINT_VARIABLE, type FailpointRule, writeFailpoints } from './failpoint-actions.ts'
import type { VictimLine, VictimOptions } from './victim-options.ts'

type Line<T extends VictimLine['type']> = Extract<VictimLine, { readonly type: T }>

/** A process of the harness that runs. */
export interface Victim {
  readonly process: ChildProcess
  readonly pid: number
  /** All that it has said. */
  readonly lines: readonly VictimLine[]
  /** Waits until it says a line of this kind; undefined: it ended without. */
  says<T extends VictimLine['type']>(type: T): Promise<Line<T> | undefined>
  /** Lets it go on from where it waits. */
  go(): void
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void
  /** How it ended; `signal` where it was killed. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  readonly report: () => Line<'report'> | undefined
  /** What it wrote to stderr: nothing, unless it broke. */
  readonly stderr: () => string
}

/** The built one, like all packages that it loads: it starts in half the time of its source. In one file, where there is one: in a third. */
function victimFile(): string {
  const here = import.meta.url
  const folder = here.endsWith('.ts') ? '../../dist/crash/' : './crash/'
  const [inOne, file] = ['victim-in-one.js', 'victim.js'].map((name) => fileURLToPath(new URL(folder + name, here)))
  return existsSync(inOne!) ? inOne! : file!
}

/** Compiled code is kept between processes: starting is most of what a short run costs. */
const COMPILED = join(tmpdir(), 'tidemark-crash-compiled')

// One that was stopped would stay for ever where a test that broke has not woken it.
const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

export function startVictim(options: VictimOptions, failpoints: readonly FailpointRule[] = []): Victim {
  const environment = {
    ...process.env,
    NODE_OPTIONS: '',
    NODE_COMPILE_CACHE: COMPILED,
    [FAILPOINT_VARIABLE]: writeFailpoints(failpoints),
  }
  const child = spawn(process.execPath, [victimFile(), JSON.stringify(options)], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  living.add(child)
  child.stdin.on('error', () => {})
  const lines: VictimLine[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of waiting) look()
  }
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as VictimLine)
    wake()
  })
  let isEnded = false
  const ended = once(child, 'close').then(([code, signal]) => {
    isEnded = true
    living.delete(child)
    wake()
    return { code: code as number | null, signal: signal as NodeJS.Signals | null }
  })
  const find = <T extends VictimLine['type']>(type: T) => lines.find((line): line is Line<T> => line.type === type)
  return {
    process: child,
    pid: child.pid!,
    lines,
    ended,
    says: (type) =>
      new Promise((found) => {
        const look = (): void => {
          const line = find(type)
          if (line === undefined && !isEnded) return
          waiting.delete(look)
          found(line)
        }
        waiting.add(look)
        look()
      }),
    go: () => void child.stdin.write('go\n'),
    kill: (signal) => void child.kill(signal),
    report: () => find('report'),
    stderr: () => stderr,
  }
}

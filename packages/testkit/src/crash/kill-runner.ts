import { setTimeout as wait } from 'node:timers/promises'
import { FAILPOINTS, type Failpoint } from '@tidemark/core/engine'
import { Checker, type Connect } from './checker.ts'
import { lookAtChunks } from './chunk-checker.ts'
import type { FailpointAction } from './failpoint-actions.ts'
import { FedChecker } from './fed-checker.ts'
import { randomOf } from './random.ts'
import { startVictim, type Victim } from './start-victim.ts'
import type { VictimOptions } from './victim-options.ts'

/** One destination that is to be written, killed and looked at. */
export interface KillPlace {
  /** What a process opens it by. */
  readonly url: string
  /** How the checker looks at it: with a runner of its own, taking no lease. */
  readonly connect: Connect
}

/** What the processes read. */
export interface KilledReading {
  /** The log of the crash system by its feed, and not its tables by windows. */
  readonly fed?: boolean | undefined
  /** In its place a table that was there before its log, and is read by chunks beside it. */
  readonly chunked?: Pick<NonNullable<VictimOptions['chunked']>, 'showsEarly'> | undefined
}

export interface KillOptions extends KillPlace, KilledReading {
  readonly kills: number
  readonly seed: number
  /** The negative control: the writer has no transactions. */
  readonly withoutTransactions?: boolean | undefined
  /** Stops as soon as a violation is seen. */
  readonly untilViolation?: boolean | undefined
}

export interface KillFigures {
  readonly seed: number
  /** Processes that were killed before they ended. */
  readonly kills: number
  /** Of them, at a failpoint. */
  readonly atFailpoints: number
  /** Processes that were quicker than the kill. */
  readonly missed: number
  /** How far the source had come at the end. */
  readonly until: number
  readonly violations: readonly string[]
  /** Kills while a chunk was read, and while one that was read waited or was written. */
  readonly chunks: { readonly reading: number; readonly waiting: number }
}

/** The source goes on between two kills, so that each finds work: by so many minutes, of four rows each and table. */
const GROWTH = 10
/** The same in transactions of the log, of which a process reads many in that time. */
const LOG_GROWTH = 20
const LOG_FIRST = 60
const FIRST = 200
/** Of so many processes for each kill most end before it: there is nothing to kill. */
const MISSED_PER_KILL = 2
const RESYNCS = ['crash_keyed', 'crash_keyless', 'crash_whole', 'crash_parts', 'crash_ascending', 'crash_descending']

/** How to look at what such processes leave, and how far their source grows between two of them. */
function readingOf({ connect, fed, chunked }: Pick<KillPlace, 'connect'> & KilledReading) {
  const log = { first: LOG_FIRST, growth: LOG_GROWTH, resyncs: () => [] }
  if (chunked !== undefined) {
    const checker = new FedChecker(connect, lookAtChunks)
    return { ...log, checker, begins: 'chunk' as const, isOpen: () => !checker.isWhole }
  }
  const begins = 'batch' as const
  if (fed === true) return { ...log, checker: new FedChecker(connect), begins, isOpen: () => false }
  const checker = new Checker(connect)
  const resyncs = () => RESYNCS.filter((table) => checker.knows(table))
  return { checker, first: FIRST, growth: GROWTH, resyncs, begins, isOpen: () => false }
}

/** Kills one process after another at random moments, and looks at what each has left. */
export async function killAtRandom(options: KillOptions): Promise<KillFigures> {
  const { url, seed, withoutTransactions, fed } = options
  const chunked = options.chunked && { ...options.chunked, growth: LOG_GROWTH }
  const chunks = { reading: 0, waiting: 0 }
  const random = randomOf(seed)
  const { checker, first, growth, resyncs, begins, isOpen } = readingOf(options)
  const violations: string[] = []
  let until = first
  let missed = 0
  let kills = 0
  // How long a run takes is learned from those that were quicker than their kill.
  let span = 250
  while (kills < options.kills && missed < options.kills * MISSED_PER_KILL) {
    until += growth
    const resync = random.below(4) === 0 && resyncs().length > 0 ? random.pick(resyncs()) : undefined
    const victim = startVictim({ url, until, fed, chunked, resync, withoutTransactions })
    // Half of them once it writes: on a slow machine most of the others meet it before. Without transactions all of them:
    // who has not written has torn nothing.
    await victim.says(random.below(2) === 0 && withoutTransactions !== true ? 'running' : begins)
    await Promise.race([wait(random.next() * span), victim.ended])
    victim.kill('SIGKILL')
    const isKilled = (await victim.ended).signal === 'SIGKILL'
    if (isKilled) kills++
    else missed++
    span = isKilled ? span * 1.05 : span * 0.8
    const trouble = [...broken(victim, withoutTransactions === true), ...(await checker.check(until, victim.lines))]
    violations.push(...trouble.map((one) => `kill ${kills}, seed ${seed}: ${one}`))
    const last = victim.lines.findLast((line) => line.type === 'chunk')
    if (isKilled && last !== undefined && isOpen()) chunks[last.phase]++
    if (violations.length > 0 && options.untilViolation === true) break
  }
  return { seed, kills, atFailpoints: 0, missed, until, violations, chunks }
}

/** A process that breaks by itself is not a kill, and says nothing about what a kill leaves. */
function broken(victim: Victim, isControl: boolean): readonly string[] {
  const error = victim.lines.find((line) => line.type === 'error')
  // Torn state may well keep the writer of the negative control from going on.
  if (isControl) return []
  const stderr = victim.stderr().trim()
  const wrong = [error?.type === 'error' ? error.message : '', stderr, ...failuresOf(victim)]
  return wrong.filter((text) => text !== '').map((text) => `the process broke: ${text}`)
}

function failuresOf(victim: Victim): readonly string[] {
  const report = victim.report()
  if (report === undefined) return []
  return [
    report.failure ?? '',
    ...report.tables.flatMap((table) => table.failures.map(({ message }) => `${table.name}: ${message}`)),
  ]
}

export interface FailpointOptions extends KillPlace, KilledReading {
  /** At which times that a process comes by. */
  readonly nths: readonly number[]
  readonly points?: readonly Failpoint[] | undefined
  /** `kill`, or `throw`: then the process goes on with what is left. */
  readonly action?: Extract<FailpointAction, 'kill' | 'throw'> | undefined
}

/** Ends a process at each failpoint, at its first time, its second…; looks at what each has left. */
export async function killAtFailpoints(options: FailpointOptions): Promise<KillFigures> {
  const { url, nths, points = FAILPOINTS, action = 'kill', fed } = options
  const chunked = options.chunked && { ...options.chunked, growth: LOG_GROWTH }
  const { checker, first, growth } = readingOf(options)
  const violations: string[] = []
  let until = first
  let missed = 0
  let kills = 0
  for (const point of points) {
    for (const nth of nths) {
      until += growth
      const victim = startVictim({ url, until, fed, chunked, pageMs: 0 }, [{ point, nth, action }])
      const { signal } = await victim.ended
      const isHit = action === 'kill' ? signal === 'SIGKILL' : wasThrown(victim, point)
      if (isHit) kills++
      else missed++
      const trouble = await checker.check(until, victim.lines)
      violations.push(...trouble.map((one) => `${point}:${nth}=${action}: ${one}`))
    }
  }
  return { seed: 0, kills, atFailpoints: kills, missed, until, violations, chunks: { reading: 0, waiting: 0 } }
}

function wasThrown(victim: Victim, point: Failpoint): boolean {
  const error = victim.lines.find((line) => line.type === 'error')
  const said = [error?.type === 'error' ? error.message : '', ...failuresOf(victim)]
  return said.some((text) => text.includes(`failpoint ${point}`))
}

/** Runs undisturbed to the end. @returns what was wrong with that. */
export async function runQuietly(options: VictimOptions): Promise<readonly string[]> {
  const victim = startVictim(options)
  const { code } = await victim.ended
  const wrong = broken(victim, false)
  return code === 0 || wrong.length > 0 ? wrong : [`the process ended with ${code}`]
}

/** One line of figures, for the output of a test. */
export function figuresText(
  name: string,
  { seed, kills, atFailpoints, missed, until, violations }: KillFigures,
): string {
  const where = atFailpoints > 0 ? ' at failpoints' : ` at random moments (seed ${seed})`
  return `${name}: ${kills} kills${where}, ${missed} processes were quicker, ${until} minutes of rows, ${violations.length} violations`
}

import type { Logger } from '@tidemark/core'
import type { Report, RowCounts, RunEvent } from '@tidemark/engine'

/** What happened to a table since this process began. */
export interface TableRunMetrics {
  readonly rows: Map<keyof RowCounts, number>
  steps: number
  stepsFailed: number
  stepSeconds: number
  retries: number
  /** Of them, those that a used-up rate limit of the system made necessary. */
  limited: number
  limitedSeconds: number
}

/** Upper bounds, in seconds: a run takes from less than a second to days of history. */
export const RUN_SECONDS = [0.5, 1, 5, 15, 60, 300, 1800, 7200, 43_200] as const

/** What runs of this process did, added up while they go on. By table, never by partition: those may be millions. */
export class RunMetrics {
  readonly tables = new Map<string, TableRunMetrics>()
  /** Waits within the requests of a source, because its system asked for them. */
  readonly sources = new Map<string, { waits: number; seconds: number }>()
  /** Runs by exit code. */
  readonly runs = new Map<number, number>()
  /** Runs that took no longer than each of `RUN_SECONDS`, and all of them at the end. */
  readonly runsWithin: number[] = [...RUN_SECONDS, 0].map(() => 0)
  runSeconds = 0
  readonly #monotonic: () => number

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /** What hears the events of one run: steps are numbered in each. */
  ofRun(): (event: RunEvent) => void {
    const startedAt = new Map<number, number>()
    return (event) => this.#event(event, startedAt)
  }

  #event(event: RunEvent, starts: Map<number, number>): void {
    switch (event.type) {
      case 'step-started':
        starts.set(event.step, this.#monotonic())
        return
      case 'batch-committed': {
        const { rows } = this.#tableOf(event.table)
        for (const [kind, count] of Object.entries(event.rows) as [keyof RowCounts, number][])
          rows.set(kind, (rows.get(kind) ?? 0) + count)
        return
      }
      case 'step-ended': {
        const table = this.#tableOf(event.table)
        const startedAt = starts.get(event.step)
        starts.delete(event.step)
        table.steps++
        if (event.failure !== undefined) table.stepsFailed++
        if (startedAt !== undefined) table.stepSeconds += (this.#monotonic() - startedAt) / 1000
        return
      }
      case 'retry': {
        const table = this.#tableOf(event.table)
        table.retries++
        if (event.failure.code !== 'rate-limited') return
        table.limited++
        table.limitedSeconds += event.delayMs / 1000
        return
      }
      default:
    }
  }

  /** A log that counts what sources say of their waits, and passes everything on. */
  hearing(log: Logger): Logger {
    const heard =
      (level: 'debug' | 'info' | 'warn'): Logger['info'] =>
      (message, fields) => {
        const { source, waitMs } = { ...fields } as { readonly source?: unknown; readonly waitMs?: unknown }
        if (typeof source === 'string' && typeof waitMs === 'number') {
          const { waits, seconds } = this.sources.get(source) ?? { waits: 0, seconds: 0 }
          this.sources.set(source, { waits: waits + 1, seconds: seconds + waitMs / 1000 })
        }
        log[level](message, fields)
      }
    return { debug: heard('debug'), info: heard('info'), warn: heard('warn') }
  }

  /** @param exitCode of a run that came to no report, where that is all there is. */
  ended({ exitCode, durationMs }: Pick<Report, 'exitCode' | 'durationMs'>): void {
    const seconds = durationMs / 1000
    this.runs.set(exitCode, (this.runs.get(exitCode) ?? 0) + 1)
    this.runSeconds += seconds
    RUN_SECONDS.forEach((bound, at) => {
      if (seconds <= bound) this.runsWithin[at]!++
    })
    this.runsWithin[RUN_SECONDS.length]!++
  }

  #tableOf(name: string): TableRunMetrics {
    const known = this.tables.get(name)
    if (known !== undefined) return known
    const rows = new Map<keyof RowCounts, number>()
    const tally = { rows, steps: 0, stepsFailed: 0, stepSeconds: 0, retries: 0, limited: 0, limitedSeconds: 0 }
    this.tables.set(name, tally)
    return tally
  }
}

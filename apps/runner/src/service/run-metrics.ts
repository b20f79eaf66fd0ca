import type { EventLog } from '@tidemark/core/engine'
import type { Report, RowCounts, RunEvent } from '@tidemark/engine'

/** What happened to a table since this process started. */
export interface TableRunMetrics {
  readonly rows: Map<keyof RowCounts, number>
  steps: number
  stepsFailed: number
  stepSeconds: number
  retries: number
  /** Retries because of a rate limit of the source system. */
  limited: number
  limitedSeconds: number
}

/** Upper bounds, in seconds: a run takes from less than a second to days of backfill. */
export const RUN_SECONDS = [0.5, 1, 5, 15, 60, 300, 1800, 7200, 43_200] as const

/** Totals of this process's runs, updated while they run. By table, never by partition: there may be millions of those. */
export class RunMetrics {
  readonly tables = new Map<string, TableRunMetrics>()
  /** Waits within the requests of a source, because of rate limits. */
  readonly sources = new Map<string, { waits: number; seconds: number }>()
  /** Runs by exit code. */
  readonly runs = new Map<number, number>()
  /** Runs that took no longer than each of `RUN_SECONDS`; the last element counts all runs. */
  readonly runsWithin: number[] = [...RUN_SECONDS, 0].map(() => 0)
  runSeconds = 0
  readonly #monotonic: () => number

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /** A listener for the events of one run: step numbers are unique only within a run. */
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

  /** A log that counts the waits that sources report, and passes everything on. */
  hearing(log: EventLog): EventLog {
    const heard =
      (level: 'debug' | 'info' | 'warn'): EventLog['info'] =>
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

  /** @param report of a run; only exit code and duration if the run had no report. */
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
    const tally: TableRunMetrics = {
      ...{ rows, steps: 0, stepsFailed: 0, stepSeconds: 0, retries: 0, limited: 0, limitedSeconds: 0 },
    }
    this.tables.set(name, tally)
    return tally
  }
}

import type { ConfigDocument } from '../config-view.ts'

// Responses of the server to the lists of the page, as in `answers.ts`: times are milliseconds since 1970.

export interface RejectsAnswer {
  readonly rejects: readonly {
    readonly id: number
    readonly partition: string
    readonly key: string | null
    readonly code: string
    readonly message: string
    /** The message without its value: that of a group. */
    readonly reason: string
    readonly payload: string
    readonly at: number
    /** How many rows this record stands for. */
    readonly times: number
  }[]
  readonly count: number
  /** Why, the most frequent reason first. */
  readonly groups: readonly {
    readonly reason: string
    readonly times: number
    readonly newestAt: number
  }[]
}

/** Changes of tables, newest first. */
export interface ChangesAnswer {
  readonly now: number
  readonly changes: readonly {
    readonly id: number
    readonly table: string
    readonly change: string
    readonly at: number
    readonly isDecision: boolean
  }[]
  /** The id to continue from, if there are older ones. */
  readonly before: number | null
}

/** Lines that a run logged, the oldest first. */
export interface RunLogAnswer {
  readonly lines: readonly {
    readonly line: number
    readonly at: number
    readonly level: string
    readonly event: string
    /** With its fields, as `tidemark runs <run> --log` prints it. */
    readonly text: string
  }[]
  /** The line to read earlier ones before; null: these are the first that are stored. */
  readonly before: number | null
  /** Lines before the first that is stored, which were dropped. */
  readonly dropped: number
}

export interface RowsAnswer {
  readonly columns: readonly string[]
  /** Of each column. */
  readonly isNumber: readonly boolean[]
  /** Rows that a search looked at, where the table has more. */
  readonly searchedAmong: number | null
  /** The partitions to choose from; empty: the table has none, or very many. */
  readonly partitions: readonly string[]
  readonly rows: readonly (readonly (string | number | boolean | null)[])[]
  readonly isNewest: boolean
}

export interface ConfigAnswer {
  /** What `config show --json` says; null: it could not be asked. */
  readonly document: ConfigDocument | null
  readonly problem: string | null
}

export interface ScheduleLine {
  readonly source: string
  readonly tables: number
  readonly paused: number
  /** How often its most frequent table is synced; null: nobody said. */
  readonly everyMs: number | null
  /** The oldest last check of its tables; null: one was never checked. */
  readonly lastCheckedAt: number | null
  /** Null: no process is running that will do it. */
  readonly nextCheckAt: number | null
  /** When the first of its tables becomes stale. */
  readonly freshUntil: number | null
}

import type { Window } from '@tidemark/core'
import type { LawName } from './law-name.ts'

/** What a source reads in a test. */
export interface Place {
  /** A folder for this test only, with the fixtures in it; empty if the test has no fixtures. */
  readonly folder: string
  /** The URL of the test's server, without a trailing slash; empty if the test has no server. */
  readonly url: string
}

/** The arguments of `add`: add a row to this table, in this partition ('' if the table has none). */
export interface Change extends Place {
  readonly table: string
  readonly partition: string
}

/** The arguments of `edit` and `remove`: change this row of the table. */
export interface RowChange extends Change {
  /** The row as it was read, by column name: the oldest row, or the first. */
  readonly row: Readonly<Record<string, unknown>>
}

/** Accepts a readonly value, so that the literals of an enum keep their type, even if a function returns them. */
export type Unchanged<T> = T extends object ? { readonly [K in keyof T]: Unchanged<T[K]> } : T

/** The options of a source test. */
export interface SourceTestOptions<Config = unknown> {
  /** What a user writes under `config`; pass a function if it needs the folder or the url. */
  readonly config?: Config | ((place: Place) => Config) | undefined
  /** For sources that read files: a folder that is copied for each check, or a function that fills an empty folder. */
  readonly fixtures?: string | URL | ((folder: string) => void | Promise<void>) | undefined
  /** For sources that read over HTTP: answers like the system, on loopback. The checks inject faults in front of it. */
  readonly server?: ((request: Request) => Response | Promise<Response>) | undefined
  /** The cursor range that the checks read. Default: from the least existing value to the greatest. */
  readonly window?: Window<string | number | bigint> | undefined
  /** The same for single tables, by name. */
  readonly windows?: Readonly<Record<string, Window<string | number | bigint>>> | undefined
  /** Adds a row to the table, as the system would: with the present time as its cursor. */
  readonly add?: ((change: Change) => void | Promise<void>) | undefined
  /** Changes this row, as a user of the system would; the system sets its cursor. */
  readonly edit?: ((change: RowChange) => void | Promise<void>) | undefined
  /** Removes this row, as a user of the system would. */
  readonly remove?: ((change: RowChange) => void | Promise<void>) | undefined
  /** Conformance checks to skip, by name (`updates`) or for one table (`moons.updates`), each with the reason. */
  readonly waive?: Readonly<Partial<Record<LawName | `${string}.${LawName}`, string>>> | undefined
  /** The module that registers the source, for checks that need a separate process. Default: `src/index.ts`, else the built module. */
  readonly entry?: string | URL | undefined
}

/** @throws if an option belongs to an older version, with its replacement. */
export function refuseOldOptions(options: object): void {
  if ((options as { readonly change?: unknown }).change === undefined) return
  throw new Error(
    'testSource: "change" is now three functions: add({ table, partition }), edit({ table, partition, row }) and remove({ table, partition, row })',
  )
}

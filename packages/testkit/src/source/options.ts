import type { Window } from '@tidemark/core'
import type { LawName } from './law-name.ts'

/** What a source is given to read in a test. */
export interface Place {
  /** A folder of this test alone, with the fixtures in it; empty where the test has no fixtures. */
  readonly folder: string
  /** Where the test's server answers, without a slash at the end; empty where the test has no server. */
  readonly url: string
}

/** What `add` is asked for: a row of this table, in this partition ('' where it has none). */
export interface Change extends Place {
  readonly table: string
  readonly partition: string
}

/** What `edit` and `remove` are asked for: this row of the table. */
export interface RowChange extends Change {
  /** The row as it was read, by the names of its columns: the oldest there is, or the first. */
  readonly row: Readonly<Record<string, unknown>>
}

/** What may stand for a value where nothing is changed: so the words of an enum stay words, also where a function gives them. */
export type Unchanged<T> = T extends object ? { readonly [K in keyof T]: Unchanged<T[K]> } : T

/** How a source is tested. */
export interface SourceTestOptions<Config = unknown> {
  /** What a user writes under `config`; a function where it needs the folder or the url. */
  readonly config?: Config | ((place: Place) => Config) | undefined
  /** For sources that read files: a folder that is copied for each law, or a function that fills an empty one. */
  readonly fixtures?: string | URL | ((folder: string) => void | Promise<void>) | undefined
  /** For sources that read over HTTP: answers as the system does, on loopback. Faults are put in front of it. */
  readonly server?: ((request: Request) => Response | Promise<Response>) | undefined
  /** The part of the cursor that is looked at. Absent: from the least value there is to the greatest. */
  readonly window?: Window<string | number | bigint> | undefined
  /** The same for single tables, by their names. */
  readonly windows?: Readonly<Record<string, Window<string | number | bigint>>> | undefined
  /** Adds a row to the table, as the system would: with the present as its cursor. */
  readonly add?: ((change: Change) => void | Promise<void>) | undefined
  /** Changes that one row, as a user of the system does; its cursor becomes what the system makes of it. */
  readonly edit?: ((change: RowChange) => void | Promise<void>) | undefined
  /** Removes that one row, as a user of the system does. */
  readonly remove?: ((change: RowChange) => void | Promise<void>) | undefined
  /** Laws that need not hold, by name (`updates`) or for one table (`moons.updates`), each with the reason. */
  readonly waive?: Readonly<Partial<Record<LawName | `${string}.${LawName}`, string>>> | undefined
  /** The module that registers the source, for laws that need a process of their own. Absent: `src/index.ts`, else the built one. */
  readonly entry?: string | URL | undefined
}

/** @throws where an option is one of an older version, with what stands in its place. */
export function refuseOldOptions(options: object): void {
  if ((options as { readonly change?: unknown }).change === undefined) return
  throw new Error(
    'testSource: "change" is now three functions: add({ table, partition }), edit({ table, partition, row }) and remove({ table, partition, row })',
  )
}

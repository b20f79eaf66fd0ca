import type { Window } from '@tidemark/core'
import type { LawName } from './law.ts'

/** What a source is given to read in a test. */
export interface Place {
  /** A folder of this test alone, with the fixtures in it; empty where there are none. */
  readonly folder: string
  /** Where the test's server answers, without a slash at the end; empty where there is none. */
  readonly url: string
}

/** What `change` is asked for: to change this table, in this partition ('' where it has none). */
export interface Change extends Place {
  readonly table: string
  readonly partition: string
}

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
  /** Changes a row of the table, or adds one, as the system would: with the present as its cursor. */
  readonly change?: ((change: Change) => void | Promise<void>) | undefined
  /** Laws that need not hold, by name (`updates`) or for one table (`moons.updates`), each with the reason. */
  readonly waive?: Readonly<Partial<Record<LawName | `${string}.${LawName}`, string>>> | undefined
  /** The module that registers the source, for laws that need a process of their own. Absent: `src/index.ts`, else the built one. */
  readonly entry?: string | URL | undefined
}

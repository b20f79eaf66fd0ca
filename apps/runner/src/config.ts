import type { Configured, DeletionLimit } from '@tidemark/core'

// What `tidemark.config.ts` imports. It starts nothing and imports nothing.

/** A limit: more than this share of more than `above` rows. */
export interface Limit {
  readonly share: number
  readonly above: number
}

/** What `tidemark.config.ts` says. Everything may be absent. */
export interface Config {
  /** The database: a path from the project folder, or a URL. Default: `data/tidemark.db`. */
  readonly destination?: string | undefined
  /** What the names of this project's tables start with, in a database that several projects share: `team_a`. */
  readonly namespace?: string | undefined
  /** Where histories start, where neither table nor source says: an ISO date or time. */
  readonly initialSyncStart?: string | undefined
  /** How old a table's last check may be before it is called stale, where neither table nor source says: `30m`, `6h`, `2d`. */
  readonly freshWithin?: string | undefined
  /** Tables that another system has synced up to `to_timestamp`: a list, or names with commas between them. */
  readonly synced_tables?: string | readonly string[] | undefined
  readonly to_timestamp?: string | undefined
  /** Steps at once, over all sources. Default: 4. */
  readonly concurrency?: number | undefined
  /** Steps at once, in each source. Default: 2. */
  readonly perSource?: number | undefined
  /** How long a source may leave a question without an answer, or, five times that, give no rows: `'2m'`. */
  readonly stallTimeout?: string | undefined
  /** How many rows of a table one run may mark as deleted or replace; sources and tables may say another. */
  readonly deletionLimit?: DeletionLimit | undefined
  /** How many rows of a window may be rejected. */
  readonly rejects?: Limit | undefined
  /** Uses of sources by their names; the name of an installed source is enough. `false` switches one off. */
  readonly sources?: Readonly<Record<string, Configured | false>> | undefined
}

/** Gives a config its type. */
export function defineConfig(config: Config): Config {
  return config
}

/**
 * The value of an environment variable, or of `.env` in the project folder. It is read when it is needed, so a command
 * that does not need it works without: until then a placeholder stands for it, alone or inside a longer text.
 */
export function env(name: string): string {
  return `\0env:${name}\0`
}

import type { Configured, DeletionLimit } from '@tidemark/core'

// What `tidemark.config.ts` imports. It has no imports and no side effects.

/** A limit: more than this share of more than `above` rows. */
export interface Limit {
  readonly share: number
  readonly above: number
}

/** What notices report: see the documentation, "Notices". */
export type NotifyEvent =
  | 'failing'
  | 'stale'
  | 'paused'
  | 'deletions-held'
  | 'rejected-rows'
  | 'schema-changed'
  | 'history-complete'
  | 'recovered'

/** Where notices go. */
export type NotifyChannel = {
  /** What is sent there. Default: all of it. */
  readonly events?: readonly NotifyEvent[] | undefined
} & (
  | {
      /** JSON by POST, signed with HMAC-SHA256 if there is a secret, as Standard Webhooks does. */
      readonly type: 'webhook'
      readonly url: string
      readonly secret?: string | undefined
    }
  | {
      /** An incoming webhook of Slack, or of what takes the same JSON: Mattermost, Discord (`…/slack`), Rocket.Chat. */
      readonly type: 'slack'
      readonly url: string
    }
  | {
      /** Mail through a server: `smtp://user:password@host:587`, or `smtps://…`. */
      readonly type: 'email'
      readonly smtp: string
      readonly from: string
      readonly to: string | readonly string[]
    }
  | {
      /** A program and its arguments, run in the project folder without a shell. It is given the JSON of the webhook on stdin. */
      readonly type: 'command'
      readonly command: readonly string[]
    }
)

/** Who is notified when something needs attention. */
export interface Notify {
  /** How long a table fails before it is reported: `15m`. Default: ten minutes of a process that keeps running, else the end of the run. */
  readonly failingFor?: string | undefined
  /** What lasts is reported again after this, an hour or more: `4h`. Default: a day. */
  readonly repeatEvery?: string | undefined
  readonly channels?: Readonly<Record<string, NotifyChannel>> | undefined
}

/** The contents of `tidemark.config.ts`. Every key is optional. */
export interface Config {
  /** The database: a path from the project folder, or a URL. Default: `data/tidemark.db`. */
  readonly destination?: string | undefined
  /** Prefix of this project's table names, in a database that several projects share: `team_a`. */
  readonly namespace?: string | undefined
  /** Where backfills start unless the table or source sets it: an ISO date or time. */
  readonly initialSyncStart?: string | undefined
  /** Maximum age of a table's last check before the table is stale, unless the table or source sets it: `30m`, `6h`, `2d`. */
  readonly freshWithin?: string | undefined
  /** Tables that another system has synced up to `to_timestamp`: a list, or names separated by commas. */
  readonly synced_tables?: string | readonly string[] | undefined
  readonly to_timestamp?: string | undefined
  /** Maximum number of concurrent steps, over all sources. Default: 4. */
  readonly concurrency?: number | undefined
  /** Maximum number of concurrent steps in each source. Default: 2. */
  readonly perSource?: number | undefined
  /** Maximum number of concurrent steps in each table: windows of one partition, or several partitions. Default: as many as of its source. */
  readonly perTable?: number | undefined
  /** Timeout for a source's answer, `'2m'`; a source may yield no rows for five times as long. */
  readonly stallTimeout?: string | undefined
  /** How many rows of a table one run may mark as deleted or replace; sources and tables may override it. */
  readonly deletionLimit?: DeletionLimit | undefined
  /** How many rows of a window may be rejected. */
  readonly rejects?: Limit | undefined
  /** Each row names in the column `_run` the run that wrote it last. A table that has the column keeps it. Default: false. */
  readonly runColumn?: boolean | undefined
  /** Who is notified when a table fails, is stale, waits for a decision, or has recovered. */
  readonly notify?: Notify | undefined
  /** Configured sources by name; the name of an installed source is enough. `false` turns one off. */
  readonly sources?: Readonly<Record<string, Configured | false>> | undefined
}

/** Types a config. */
export function defineConfig(config: Config): Config {
  return config
}

/**
 * The value of an environment variable, or of `.env` in the project folder. It is read when a command needs it, so other
 * commands work without it: until then a placeholder takes its place, alone or inside a longer text.
 */
export function env(name: string): string {
  return `\0env:${name}\0`
}

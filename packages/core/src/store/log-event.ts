/** What Tidemark logs: each line has the name of one of these events, for programs. `docs/logs.md` is their reference. */
export const LOG_EVENTS = {
  // A run
  'run-started': 'a run began',
  'run-ended': 'a run ended',
  'run-failed': 'a run failed as a whole',
  'table-new': 'a table is synced for the first time',
  'table-continues': 'a table continues where it was',
  'table-returned': 'a table that was removed is back',
  'table-resynced': 'a table is synced again from its start',
  'table-removed': 'a source no longer lists a table; its rows stay',
  'table-changed': 'the columns of a table changed',
  'table-unchanged': 'the columns of a table could not be changed',
  'columns-late': 'columns are new, and NULL in older rows',
  'table-paused': 'a table waits for a decision',
  'table-held': 'another runner holds a table',
  'table-locked': 'a table is locked in the database, and tried again',
  'table-progress': 'the progress of a table',
  'table-synced': 'what a run did to a table',
  'table-failed': 'a table failed in a run',
  'partition-new': 'a partition is synced for the first time',
  'partition-removed': 'a source no longer lists a partition; its rows stay',
  'partition-failed': 'a source could not be queried about a partition',
  'step-retried': 'a step failed and is tried again',
  'step-adjusted': 'a step continues with other columns',
  'step-failed': 'a step failed, and this run does not try it again',
  'lookback-short': 'rows arrived later than the lookback of a table',
  'history-lost': 'a range is missing that the source no longer keeps',
  'data-replaced': 'a source replaced the data of a table as a whole',
  'clock-skew': 'the clocks of this machine and the destination differ',
  'clock-was-ahead': 'a table is covered beyond the present',
  // Sources
  'source-failed': 'a source failed in a run',
  'source-retried': 'a source did not answer and is asked again',
  'source-silent': 'a source has not answered for half a minute',
  'source-wait': 'a source waits, as for a rate limit',
  'source-message': 'a message of a source',
  'source-output': 'what a source printed',
  'source-error': 'a source threw an error that nothing caught',
  'source-loaded': 'which package a source is from',
  'source-unconfigured': 'a source is installed and not configured',
  'dependency-missing': 'a dependency of the project is not installed',
  'config-note': 'something in the config has no effect',
  // Feeds
  'feed-failed': 'a feed could not be read',
  'feed-retried': 'a feed failed and is read again',
  'feed-restarted': 'a feed, or a table of one, is read again from the beginning',
  'feed-ended': 'a feed is not in the config any more, and its source keeps nothing for it',
  'feed-remains': 'a source keeps something for a feed that nobody reads',
  'feed-not-prepared': 'a source could not be told that a feed has no table now',
  'feed-backlog-unknown': 'what a source keeps for a feed could not be queried',
  // The process
  message: 'a message for people',
  'command-failed': 'a command failed',
  stopping: 'a signal arrived, and the command stops',
  waiting: 'the next run is due',
  listening: 'the address of health and metrics',
  'destination-opened': 'the database is open',
  'destination-note': 'something about the database, such as who can read it',
  'destination-failed': 'the database failed and is tried again',
  'notice-failed': 'a notice could not be sent',
  'worker-started': 'a worker began',
  'worker-failed': 'a worker could not ask or tell the queue something',
  'windows-left-alone': 'a worker leaves windows to others, which read them in another way',
  'windows-returned': 'windows of a worker that ended are in the queue again',
} as const

export type LogEvent = keyof typeof LOG_EVENTS

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogFields {
  readonly event: LogEvent
  readonly [field: string]: unknown
}

/** The log of a run: as that of a source, and each line names its event. */
export interface EventLog {
  debug(message: string, fields: LogFields): void
  info(message: string, fields: LogFields): void
  warn(message: string, fields: LogFields): void
}

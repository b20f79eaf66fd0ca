/** What a process may do at most. */
export interface LineLimits {
  /** How long it may write neither a line nor a log line while a line is waited for, in milliseconds; absent: for ever. */
  readonly silenceMs?: number | undefined
  /** The memory of the process and all that it started, in bytes, where the system has `/proc`; absent: any. */
  readonly memoryBytes?: number | undefined
  /** The longest line, in bytes. */
  readonly lineBytes?: number | undefined
  /** How long it may take to end after SIGTERM before SIGKILL, in milliseconds. */
  readonly graceMs?: number | undefined
}

/** A line that a process wrote for people, without secrets. */
export interface LogLine {
  readonly from: 'stdout' | 'stderr'
  readonly text: string
}

/** How a process ended by itself. */
export interface ProcessEnding {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
  /** The last lines of its stderr, without secrets. */
  readonly stderr: string
}

export interface LineProcessOptions {
  /** A program on the PATH, or its path. */
  readonly command: string
  readonly args?: readonly string[] | undefined
  /** Its working directory; absent: that of this process. */
  readonly cwd?: string | undefined
  /** Its whole environment; absent: that of this process. */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** What messages call it, such as `tap "tap-github"`. */
  readonly subject: string
  /** Where its lines arrive: `stdout`, or file descriptor 3, so that what it prints is a log. */
  readonly lines: 'stdout' | 'fd3'
  /** Where it reads what `write` sends: `stdin`, or file descriptor 4. Absent: it has no input. */
  readonly input?: 'stdin' | 'fd4' | undefined
  readonly limits?: LineLimits | undefined
  /** Names of the settings that change a limit, for messages: `config.silenceSeconds`. */
  readonly settings?: { readonly silence?: string | undefined; readonly memory?: string | undefined } | undefined
  /** Called for each line that it writes for people: its stderr, and its stdout where lines arrive elsewhere. */
  readonly onLog?: ((line: LogLine) => void) | undefined
  /** Texts that no message and no log line shows. */
  readonly secrets?: Iterable<string> | undefined
  /** Ends the process. */
  readonly signal: AbortSignal
  /**
   * What an ending other than exit code 0 means; undefined: the usual failure. Not called where Tidemark ended the process.
   */
  readonly judge?: ((ending: ProcessEnding) => Error | undefined) | undefined
}

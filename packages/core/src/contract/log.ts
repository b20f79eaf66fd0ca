/**
 * The log of a source. Put facts into fields; do not log an error that you also throw.
 *
 * One field has a meaning for programs that show the lines: `waitMs`, the milliseconds for which the source asks nothing more of the
 * system, because its limit is used up. The terminal counts it down.
 */
export interface Logger {
  /** Shown only with `--verbose`. */
  debug(message: string, fields?: object): void
  /** Worth a line of its own for people who watch. */
  info(message: string, fields?: object): void
  /** What a user should know although the run continues. */
  warn(message: string, fields?: object): void
}

/** A logger that discards everything. */
export const silent: Logger = { debug() {}, info() {}, warn() {} }

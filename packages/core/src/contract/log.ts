/**
 * Where a source says what it does. Facts go into fields; an error that is thrown is not logged as well.
 *
 * One field has a meaning for whoever shows the lines: `waitMs`, for so many milliseconds nothing more is asked of the
 * system, because its limit is used up. The terminal counts it down.
 */
export interface Logger {
  /** What only `--verbose` shows. */
  debug(message: string, fields?: object): void
  /** What is worth a line of its own to whoever looks on. */
  info(message: string, fields?: object): void
  /** What a user should know though the run goes on. */
  warn(message: string, fields?: object): void
}

/** A logger that says nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {} }

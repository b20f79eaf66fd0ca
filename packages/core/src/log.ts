/**
 * Where a source says what it does. Facts go into fields; an error that is thrown is not logged as well.
 *
 * One field has a meaning for whoever shows the lines: `waitMs`, for so many milliseconds nothing more is asked of the
 * system, because its limit is used up. The terminal counts it down.
 */
export interface Logger {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
}

/** A logger that says nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {} }

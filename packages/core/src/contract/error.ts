export const REMEDIES = ['retry', 'fix-config', 'fix-source', 'upgrade'] as const
/** The fix that a failure needs: wait and try again, correct the config, correct the source's code, or install a newer version. */
export type Remedy = (typeof REMEDIES)[number]

/** More about a failure; `cause` is the error that led to it. */
export interface SyncErrorOptions extends ErrorOptions {
  /** How long the system asks clients to wait, in milliseconds; only with `retry`. */
  readonly retryAfterMs?: number | undefined
  /** A stable word for the kind of failure, such as `table-not-found`. */
  readonly code?: string | undefined
  /** How many attempts the source made already: the engine counts them among its own. Absent: one. */
  readonly attempts?: number | undefined
}

// Two copies of core meet in one process, so `instanceof` says nothing.
const BRAND = Symbol.for('tidemark.error')

/**
 * A failure that names its fix. Sources throw it if they know more than the engine; a plain error
 * thrown by a source counts as its bug (`fix-source`), a network failure as `retry`.
 */
export class SyncError extends Error {
  /** What must be done about it. */
  readonly remedy: Remedy
  /** How long the system asks clients to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** A stable word for the kind of failure. */
  readonly code: string | undefined
  /** How many attempts were made already. */
  readonly attempts: number | undefined

  /** @param message names the thing, what is wrong with it, and the way out. No secret: users see it. */
  constructor(message: string, remedy: Remedy, options: SyncErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SyncError'
    this.remedy = remedy
    this.retryAfterMs = options.retryAfterMs
    this.code = options.code
    this.attempts = options.attempts
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Whether a thrown value is a `SyncError`, of this copy of core or of another. */
  static is(error: unknown): error is SyncError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true
  }
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  try {
    const message = typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : undefined
    return typeof message === 'string' ? message : String(error)
  } catch {
    // An object without a prototype has no text.
    return 'a value without a message was thrown'
  }
}

import { type Remedy, SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'
import { beginningOf, unredacted } from './excerpt.ts'

/** What went wrong, as it is reported, recorded and acted on. */
export interface Failure {
  readonly message: string
  readonly remedy: Remedy
  readonly code: string | undefined
  readonly retryAfterMs: number | undefined
  /** How often the source tried it already; once where absent. */
  readonly attempts?: number | undefined
  /** Only of a source's bug: where it was thrown. */
  readonly stack: string | undefined
}

// Node's and undici's codes for a connection that failed or broke.
const NETWORK =
  /^(E(CONN(RESET|REFUSED|ABORTED)|TIMEDOUT|PIPE|HOST(UNREACH|DOWN)|NET(UNREACH|DOWN|RESET)|NOTFOUND|AI_AGAIN|PROTO)|UND_ERR_(?!INVALID)\w+|ERR_HTTP2_\w+|ERR_STREAM_PREMATURE_CLOSE)$/

/** A source may put what it read into its errors: at most this many characters are reported and recorded. */
const MESSAGE_LENGTH = 10_000

/** Reads a remedy out of anything that was thrown: an error without one is the source's bug, unless the network broke. */
export function failureOf(error: unknown): Failure {
  if (SyncError.is(error)) {
    const { remedy, code, retryAfterMs, attempts } = error
    const tried = Number.isSafeInteger(attempts) && attempts! > 1 ? { attempts } : {}
    const message = unredacted(messageOf(error), MESSAGE_LENGTH)
    return { message, remedy, code, retryAfterMs: lengthOf(retryAfterMs), stack: undefined, ...tried }
  }
  const transient = isTransient(error)
  return {
    message: unredacted(withCause(error), MESSAGE_LENGTH),
    remedy: transient ? 'retry' : 'fix-source',
    code: transient ? 'network' : undefined,
    retryAfterMs: undefined,
    stack: transient ? undefined : stackOf(error),
  }
}

function stackOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? error.stack : undefined
  return stack === undefined ? undefined : unredacted(stack, MESSAGE_LENGTH)
}

/** Nobody is left alone for longer: once a day costs nothing, and no date may lie where no database has one. */
const LONGEST_ASKED_MS = 86_400_000

/** A header that is not a number must not become a wait of no length. */
function lengthOf(ms: number | undefined): number | undefined {
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? Math.min(ms, LONGEST_ASKED_MS) : undefined
}

function isTransient(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false
  const { code, name, message, cause } = error as { code?: unknown; name?: unknown; message?: unknown; cause?: unknown }
  if (typeof code === 'string' && NETWORK.test(code)) return true
  if (name === 'TimeoutError') return true
  // What fetch throws, whatever the reason; the reason is its cause.
  if (name === 'TypeError' && message === 'fetch failed') return true
  return isTransient(cause, depth + 1)
}

function withCause(error: unknown): string {
  const message = messageOf(error)
  const cause = error instanceof Error ? error.cause : undefined
  const detail = cause instanceof Error ? cause.message : ''
  return detail === '' || message.includes(detail) ? message : `${message}: ${detail}`
}

/** A failure with secrets taken out. */
export function redacted(
  failure: Failure,
  { redact = (text) => text }: { readonly redact?: ((text: string) => string) | undefined },
): Failure {
  const shown = (text: string): string => beginningOf(redact(text), MESSAGE_LENGTH)
  const { message, stack } = failure
  return { ...failure, message: shown(message), stack: stack === undefined ? undefined : shown(stack) }
}

/** Failures of the destination end the run; those of a source end only what they belong to. */
export function isDestinationFailure(error: unknown): boolean {
  return SyncError.is(error) && error.code?.startsWith('destination') === true
}

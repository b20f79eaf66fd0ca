import { SyncError } from '@tidemark/core'
import { proxyFailure, proxyUnauthorized } from './proxy-failure.ts'
import type { ResponseHeaders } from './response-headers.ts'
import { isRateLimited, waitAdvice } from './wait-advice.ts'

const EXCERPT = 200
/** So much is looked at for secrets: what is shown may become longer by what was hidden. */
const SEARCHED = 8192

/** The beginning of what an API says, for an error: one line, secrets taken out before it is cut. */
export function excerptOf(text: string, redact: (text: string) => string, most = EXCERPT): string {
  // What a terminal would obey is left out of the message.
  const line = redact(text.slice(0, SEARCHED))
    .replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
    .trim()
  return line.length > most ? `${line.slice(0, most).toWellFormed()}…` : line
}

/** An answer with a status that does not answer the question. */
export interface Answer {
  readonly status: number
  readonly headers: ResponseHeaders
  /** The beginning of its body, redacted. */
  readonly excerpt: string
  /** Method and URL, redacted. */
  readonly what: string
}

/** The error of such an answer: what to do follows from its status. */
export function statusFailure({ status, headers, excerpt, what }: Answer, now: number): SyncError {
  const said = excerpt === '' ? '' : `: ${excerpt}`
  const retryAfterMs = waitAdvice(headers, now, status === 429)
  if (status === 429 || (status === 403 && isRateLimited(headers))) {
    return new SyncError(`${what} returned ${status}, too many requests${said}`, 'retry', {
      retryAfterMs,
      code: 'rate-limited',
    })
  }
  if (status === 408 || status === 425 || status >= 500)
    return new SyncError(`${what} returned ${status}${said}`, 'retry', { retryAfterMs, code: `http-${status}` })
  if (status === 407) return proxyUnauthorized(what)
  if (status === 401)
    return new SyncError(
      `${what} returned ${status}: the credentials are missing, wrong or no longer valid; check the authorization${said}`,
      'fix-config',
      { code: 'unauthorized' },
    )
  if (status === 403)
    return new SyncError(
      `${what} returned 403: these credentials are not allowed to read it; grant them access, or leave it out${said}`,
      'fix-config',
      { code: 'forbidden' },
    )
  return new SyncError(`${what} returned an unexpected status ${status}${said}`, 'fix-source', {
    code: `http-${status}`,
  })
}

// A certificate that is wrong now is wrong in a minute too.
const CERTIFICATE =
  /^(?:CERT_\w+|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT\w*|UNABLE_TO_(?:GET|VERIFY)_\w+|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA|ERR_SSL_WRONG_VERSION_NUMBER|EPROTO|ERR_SSL_\w+)$/
const COMPRESSION = /^(?:Z_|ERR_BROTLI|ERR__ERROR|ZSTD_|ERR_ZLIB)/
const CUT_OFF = /^(?:Z_BUF_ERROR|ERR_STREAM_PREMATURE_CLOSE|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|UND_ERR_SOCKET)$/

/** Turns whatever the connection threw into an error that says what to do. Its cause carries no secret. */
export function connectionFailure(error: unknown, what: string, redact: (text: string) => string): SyncError {
  const known = syncErrorIn(error)
  if (known !== undefined)
    return known.code === undefined || !ON_THE_WAY.has(known.code) || known.message.startsWith(what)
      ? known
      : new SyncError(`${what}: ${known.message}`, known.remedy, { code: known.code })
  const { code, message, detail } = rootOf(error)
  const refused = proxyFailure(detail ?? message, what)
  if (refused !== undefined) return refused
  const cause = new Error(redact(`${code ?? ''} ${message}`.trim()))
  const because = redact(detail ?? message)
  const fail = (problem: string, remedy: 'retry' | 'fix-config' | 'fix-source', word: string): SyncError =>
    new SyncError(`${what} ${problem}`, remedy, { cause, code: word })
  if (code === undefined) return fail(`failed: ${because}`, 'fix-source', 'http')
  if (CERTIFICATE.test(code))
    return fail(
      `failed: no secure connection can be made (${because}, ${code}); renew or trust the server's certificate (NODE_EXTRA_CA_CERTS), or correct the URL`,
      'fix-config',
      'certificate',
    )
  if (code === 'ENOTFOUND')
    return fail(
      `failed: the name of its host cannot be resolved (${because}); check the URL and the network`,
      'retry',
      'network',
    )
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return fail('sent no data for too long, so the request was stopped', 'retry', 'silent')
  if (CUT_OFF.test(code)) return fail(`was cut off before its end (${because})`, 'retry', 'cut-off')
  if (COMPRESSION.test(code)) return fail(`has a damaged compressed body (${because})`, 'retry', 'damaged')
  if (code === 'ERR_INVALID_CHAR' || code === 'UND_ERR_INVALID_ARG')
    return fail(
      `cannot be sent: ${because}; a header or a credential contains a character that is not allowed, such as a line break`,
      'fix-config',
      'invalid-request',
    )
  return fail(`failed: ${because} (${code})`, 'retry', 'network')
}

/** The failure that a request was given up with: how many attempts it took stands in it, and so in the record of the step. */
export function afterAttempts(failure: SyncError, attempts: number): SyncError {
  if (attempts === 1) return failure
  const { message, remedy, code, retryAfterMs, cause } = failure
  return new SyncError(`${message} (${attempts} attempts)`, remedy, { code, retryAfterMs, cause, attempts })
}

/** Failures that do not know yet which request they belong to. */
const ON_THE_WAY = new Set(['redirect', 'downgrade', 'address-refused'])

/** What was thrown, or what it was thrown for, where that is one of ours. */
function syncErrorIn(error: unknown, depth = 0): SyncError | undefined {
  if (SyncError.is(error)) return error
  if (typeof error !== 'object' || error === null || depth > 5) return undefined
  const { cause, errors } = error as { cause?: unknown; errors?: unknown[] }
  return syncErrorIn(cause ?? errors?.[0], depth + 1)
}

/** What lies at the bottom of a chain of causes: the code that says most, and its message. */
function rootOf(error: unknown): { code: string | undefined; message: string; detail: string | undefined } {
  let code: string | undefined
  let detail: string | undefined
  let one = error
  for (let depth = 0; depth < 6 && typeof one === 'object' && one !== null; depth++) {
    const {
      code: own,
      message,
      cause,
      errors,
    } = one as { code?: unknown; message?: string; cause?: unknown; errors?: unknown[] }
    if (typeof own === 'string') {
      code = own
      detail = message === '' || message === undefined ? undefined : message
    }
    // Several addresses were tried: any of them tells.
    one = cause ?? errors?.[0]
  }
  return { code, message: (error as Error | undefined)?.message ?? String(error), detail }
}

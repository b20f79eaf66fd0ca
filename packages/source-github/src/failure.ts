import { SyncError } from '@tidemark/core'
import { type Answer, headerOf } from '@tidemark/http'

// GitHub: "if there is no such header, wait for at least one minute".
const MINUTE_MS = 60_000
const IN_WORDS = /secondary[ -]rate[ -]limit|abuse detection/i
const PRIMARY = /API rate limit exceeded/i

/** What an answer of GitHub means where its status does not say it. Undefined: what it means everywhere. */
export function failureOf({ status, headers, excerpt, what }: Answer): SyncError | undefined {
  const fail = (problem: string, code: string): SyncError =>
    new SyncError(`${what} returned ${status}: ${problem}${excerpt === '' ? '' : `: ${excerpt}`}`, 'fix-config', {
      code,
    })
  if (status === 403 || status === 429) return limitOf({ status, headers, excerpt, what }) ?? ssoOf(headers, fail)
  if (status === 404)
    return fail(
      'the repository was deleted, or this token has no access to it; take it out of the config, or grant the token access',
      'http-404',
    )
  if (status === 410) return fail('this feature is turned off in the repository, or was deleted', 'http-410')
  if (status === 451) return fail('the repository is blocked for legal reasons; take it out of the config', 'http-451')
  return undefined
}

/** A limit that GitHub gives only in words; the client knows one that comes in headers. */
function limitOf({ status, headers, excerpt, what }: Answer): SyncError | undefined {
  const isTold =
    headerOf(headers, 'retry-after') !== undefined || headerOf(headers, 'x-ratelimit-remaining')?.trim() === '0'
  if (isTold || !(IN_WORDS.test(excerpt) || PRIMARY.test(excerpt))) return undefined
  return new SyncError(`${what} returned ${status}, too many requests: ${excerpt}`, 'retry', {
    retryAfterMs: MINUTE_MS,
    code: 'rate-limited',
  })
}

function ssoOf(headers: Answer['headers'], fail: (problem: string, code: string) => SyncError): SyncError | undefined {
  if (headerOf(headers, 'x-github-sso') === undefined) return undefined
  return fail('the organisation requires single sign-on; authorize the token for it on GitHub', 'forbidden')
}

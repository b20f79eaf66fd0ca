import { SyncError } from '@tidemark/core'
import { parseJson } from '@tidemark/core/values'
import { excerptOf } from './http-failure.ts'
import type { HttpRequest } from './http-request.ts'
import { bytesOf, decode, decoderOf } from './response-body.ts'
import { headerOf, type ResponseHeaders } from './response-headers.ts'
import type { Incoming } from './transport.ts'

interface BodyContext {
  readonly headers: ResponseHeaders
  readonly what: string
  readonly redact: (text: string) => string
}

interface Reading extends Omit<BodyContext, 'headers'> {
  readonly method: HttpRequest['method']
  readonly maxBytes: number
}

/** The whole body of an answer, parsed; undefined where it can have none. */
export async function jsonOf(
  { status, headers, body }: Incoming,
  { method, what, redact, maxBytes }: Reading,
): Promise<unknown> {
  if (method === 'HEAD' || status === 204 || status === 205 || status === 304) {
    body.resume()
    return undefined
  }
  const decoder = decoderOf(headers, what)
  const pieces: string[] = []
  for await (const bytes of bytesOf(body, headers, { maxBytes, what })) pieces.push(decode(decoder, what, bytes, true))
  pieces.push(decode(decoder, what))
  return parseBody(pieces.join(''), { headers, what, redact })
}

/** Parses the body of an answer. A page for people and a body that is cut off are errors that say so. */
function parseBody(text: string, { headers, what, redact }: BodyContext): unknown {
  const type = headerOf(headers, 'content-type') ?? ''
  if (text.trim() === '')
    throw new SyncError(`${what} returned an empty body instead of JSON`, 'retry', { code: 'cut-off' })
  if (/^\s*</.test(text))
    throw new SyncError(
      `${what} returned a web page instead of JSON (${/^[^;\s]{0,100}/.exec(type)?.[0] || 'no content type'}): ${excerptOf(text, redact)}`,
      'fix-source',
      { code: 'not-json' },
    )
  try {
    return parseJson(text)
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new SyncError(`${what} returned JSON that is nested too deeply`, 'fix-source', { code: 'not-json' })
    // Of the message only the place: it also quotes the text, cut in the middle of whatever stands there.
    const problem = /at position \d+/.exec((cause as Error).message)?.[0] ?? 'syntax error'
    if (isCutOff(text, (cause as Error).message))
      throw new SyncError(`${what} was cut off before the end of its JSON (${problem})`, 'retry', { code: 'cut-off' })
    throw new SyncError(
      `${what} returned something that is not JSON (${problem}): ${excerptOf(text, redact)}`,
      'fix-source',
      { code: 'not-json' },
    )
  }
}

/** Whether JSON was right as far as it went. */
function isCutOff(text: string, problem: string): boolean {
  if (/end of JSON input|Unterminated/i.test(problem)) return true
  const position = /at position (\d+)/.exec(problem)?.[1]
  return position !== undefined && Number(position) >= text.trimEnd().length
}

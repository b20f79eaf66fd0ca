import { SyncError } from '@tidemark/core'
import { parseJson } from '@tidemark/core/values'
import type { HttpClient } from './http-client.ts'
import { excerptOf } from './http-failure.ts'
import type { HttpRequest } from './http-request.ts'
import { decode, decoderOf } from './response-body.ts'

export interface JsonLinesOptions {
  readonly request: HttpRequest
  /** The most characters of one line (16 million). */
  readonly maxLine?: number | undefined
}

/** The values of a body that has one a line (NDJSON), as they come. Empty lines are left out; half a line is an error. */
export async function* jsonLines<T = unknown>(
  http: HttpClient,
  { request, maxLine = 16_000_000 }: JsonLinesOptions,
): AsyncGenerator<T[]> {
  const { bytes, what, headers } = await http.stream({
    ...request,
    headers: { accept: 'application/x-ndjson, application/json', ...request.headers },
  })
  const decoder = decoderOf(headers, what)
  let rest = ''
  let line = 0
  const parsed = (text: string, isLast: boolean): T | undefined => {
    line++
    if (text.trim() === '') return undefined
    try {
      return parseJson(text) as T
    } catch {
      if (isLast) throw new SyncError(`${what} was cut off at line ${line}`, 'retry', { code: 'cut-off' })
      throw new SyncError(`${what}: line ${line} is not JSON: ${excerptOf(text, http.redact)}`, 'fix-source', {
        code: 'not-json',
      })
    }
  }
  for await (const piece of bytes) {
    const text = decode(decoder, what, piece, true)
    rest += text
    if (!text.includes('\n')) {
      if (rest.length > maxLine)
        throw new SyncError(`${what}: line ${line + 1} has more than ${maxLine} characters`, 'fix-source', {
          code: 'too-large',
        })
      continue
    }
    const lines = rest.split('\n')
    rest = lines.pop()!
    const values = lines.map((one) => parsed(one, false)).filter((one) => one !== undefined)
    if (values.length > 0) yield values
  }
  rest += decode(decoder, what)
  const last = parsed(rest, true)
  if (last !== undefined) yield [last]
}

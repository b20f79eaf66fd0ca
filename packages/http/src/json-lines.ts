import { type BodyFormat, recordsOf } from './body-format.ts'
import type { HttpClient } from './http-client.ts'
import type { HttpRequest } from './http-request.ts'
import { textsOf } from './response-body.ts'

export interface JsonLinesOptions {
  readonly request: HttpRequest
  /** The most characters of one line (16 million). */
  readonly maxLine?: number | undefined
}

const NDJSON: BodyFormat = { type: 'ndjson' }

/** The values of a body that has one a line (NDJSON), as they come. Empty lines are left out; half a line is an error. */
export async function* jsonLines<T = unknown>(
  http: HttpClient,
  { request, maxLine }: JsonLinesOptions,
): AsyncGenerator<T[]> {
  const { bytes, what, headers } = await http.stream({ ...request, format: NDJSON })
  // Whoever reads lines without more takes each for what it is.
  const checks = { errors: [], success: [], failure: [] }
  yield* recordsOf(textsOf(bytes, headers, what), NDJSON, {
    what,
    redact: http.redact,
    headers,
    maxLine,
    checks,
  }) as AsyncGenerator<T[]>
}

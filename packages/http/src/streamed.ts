import type { AnswerChecks } from './answer-checks.ts'
import { type BodyFormat, recordsOf } from './body-format.ts'
import type { HttpClient } from './http-client.ts'
import type { HttpAnswer } from './http-options.ts'
import type { HttpRequest } from './http-request.ts'
import type { ListPage } from './pages.ts'
import { textsOf } from './response-body.ts'

export interface StreamedOptions {
  readonly request: HttpRequest
  readonly format: BodyFormat
  /** What tells an error apart from rows. */
  readonly checks?: AnswerChecks | undefined
  readonly map?: ((row: unknown) => unknown) | undefined
  /** Looks at an answer before its rows. @throws what is wrong with it. */
  readonly check?: ((answer: HttpAnswer) => void) | undefined
}

/** The rows of one answer as they come, so that memory holds only some of them, however long it is. */
export async function* streamed<T = unknown>(
  http: HttpClient,
  { request, format, checks, map, check }: StreamedOptions,
): AsyncGenerator<ListPage<T>> {
  const { bytes, what, headers, status, url, isEmpty } = await http.stream({ ...request, format })
  const answer: HttpAnswer = { status, headers, url, body: undefined, isEmpty }
  if (isEmpty === true) return yield { rows: [], answer, next: undefined }
  check?.(answer)
  const texts = textsOf(bytes, headers, what)
  for await (const records of recordsOf(texts, format, { what, redact: http.redact, headers, checks }))
    yield { rows: (map === undefined ? records : records.map(map)) as T[], answer, next: undefined }
}

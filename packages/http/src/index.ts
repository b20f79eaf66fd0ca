export { decimalText, isRawNumber, parseJson, type RawNumber } from '@tidemark/core/values'
export { type AnswerCheck, type AnswerChecks, meets } from './answer-checks.ts'
export { yesOrNo } from './answer-place.ts'
export type { AnswerPlace } from './at-path.ts'
export { atPath, type BodyPath } from './at-path.ts'
export type { Authorization, Jwt, OAuth, Session } from './authorization.ts'
export type { BodyFormat, CsvFormat } from './body-format.ts'
export { type CursorValue, compareCursors } from './cursor-value.ts'
export type { EmptyStatus } from './empty-status.ts'
export { HttpClient } from './http-client.ts'
export type { Answer } from './http-failure.ts'
export type { HttpAnswer, HttpOptions, HttpStream, RetryOptions } from './http-options.ts'
export type { HttpRequest, Query, QueryValue } from './http-request.ts'
export { type JsonLinesOptions, jsonLines } from './json-lines.ts'
export { JWT_ALGORITHMS, type JwtAlgorithm } from './jwt.ts'
export type { ListSoFar } from './list-count.ts'
export { countOf, type TotalPlace, totalOf } from './list-total.ts'
export { type NewestFirstOptions, newestFirst } from './newest-first.ts'
export { decimal, double, integer64 } from './number-schemas.ts'
export { type ListPage, type PagesOptions, pages, rowsIn } from './pages.ts'
export {
  byCursor,
  byLink,
  byNextUrl,
  byOffset,
  byPageNumber,
  bySince,
  type CursorPaging,
  type OffsetPaging,
  onePage,
  type PageAnswer,
  type PageNumberPaging,
  type Paging,
} from './paging.ts'
export { type ReanchoredOptions, reanchored } from './reanchored.ts'
export { headerOf, type ResponseHeaders } from './response-headers.ts'
export { conditional, revisionIn, revisionOf } from './revision.ts'
export { beforeWildcard, isWildcard, type RowsPlace } from './rows-at.ts'
export type { HmacSigning } from './signature.ts'
export { SIGNATURE_PLACEHOLDERS, unknownPlaceholders } from './signature.ts'
export { type StreamedOptions, streamed } from './streamed.ts'

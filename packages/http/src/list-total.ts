import { atPlace, placeName, yesOrNo } from './answer-place.ts'
import type { AnswerPlace } from './at-path.ts'
import { atPath, type BodyPath, namesOf } from './at-path.ts'
import type { HttpAnswer } from './http-options.ts'
import { headerOf } from './response-headers.ts'

/** Where an answer counts the rows of its list; `false`: nowhere. */
export type TotalPlace = AnswerPlace | false

const HEADERS = ['x-total-count', 'x-total', 'total-count', 'x-wp-total', 'x-pagination-total-count']
const ABOUT = ['meta', '_meta', 'metadata', 'pagination', 'paging', 'page', 'pageInfo', 'page_info', 'paginationInfo']
const TOTALS = [
  'total',
  'total_count',
  'totalCount',
  'total_results',
  'totalResults',
  'total_items',
  'totalItems',
  'total_records',
  'totalRecords',
  'total_rows',
  'totalRows',
  'total_elements',
  'totalElements',
  'totalSize',
  'numFound',
  'resultCount',
  'recordsFiltered',
  '@odata.count',
  'count',
]
const MORE = ['has_more', 'hasMore', 'has_next', 'hasNext', 'has_next_page', 'hasNextPage', 'more']

/**
 * How many rows the API says that its list has; undefined where it does not say. Without a place it is looked for where
 * APIs put it: a count never ends a list, so one that counts something else and is low does no harm.
 */
export function totalOf({ body, headers }: HttpAnswer, rows: BodyPath, place?: TotalPlace): number | undefined {
  if (place === false) return undefined
  if (place === undefined) return totalInHeaders(headers) ?? totalIn(body, rows)
  return countOf(atPlace({ body, headers }, place))
}

/** The name of what says that there is more behind an answer: at the declared place, else at the usual ones. */
export function saysMore(answer: HttpAnswer, rows: BodyPath, declared?: AnswerPlace): string | undefined {
  if (declared !== undefined) return yesOrNo(atPlace(answer, declared)) === true ? placeName(declared) : undefined
  return placesIn(answer.body, rows)
    .flatMap(([path, place]) => MORE.filter((name) => own(place, name) === true).map((name) => `${path}${name}`))
    .at(0)
}

/** A count of rows: a whole number that is not below zero, also as a text; undefined for anything else. */
export function countOf(value: unknown): number | undefined {
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\d+$/.test(value.trim()))) return undefined
  const count = Number(value)
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

function totalInHeaders(headers: HttpAnswer['headers']): number | undefined {
  // `items 0-24/3000`; a `*` in place of the number says that it is not known.
  const range = /\/(\d+)\s*$/.exec(headerOf(headers, 'content-range') ?? '')?.[1]
  return countOf(range) ?? HEADERS.map((name) => countOf(headerOf(headers, name))).find((count) => count !== undefined)
}

function totalIn(body: unknown, rows: BodyPath): number | undefined {
  const counts = placesIn(body, rows).flatMap(([, place]) =>
    TOTALS.map((name) => own(place, name)).map((value) =>
      // Elasticsearch: { "value": 10000, "relation": "gte" }.
      typeof value === 'object' && value !== null && 'relation' in value
        ? countOf(own(value, 'value'))
        : countOf(value),
    ),
  )
  return counts.find((count) => count !== undefined)
}

/** The object that the list is in, those around it, and their members that speak of pages. */
function placesIn(body: unknown, rows: BodyPath): readonly (readonly [path: string, place: object])[] {
  const names = namesOf(rows)
  const around = names.map((_, at) => names.slice(0, at)).reverse()
  const paths = around.flatMap((path) => [path, ...ABOUT.map((name) => [...path, name])])
  return paths.flatMap((path) => {
    const place = atPath(body, path)
    const isObject = typeof place === 'object' && place !== null && !Array.isArray(place)
    return isObject ? [[path.map((name) => `${name}.`).join(''), place] as const] : []
  })
}

const own = (place: object, name: string): unknown =>
  Object.hasOwn(place, name) ? (place as Record<string, unknown>)[name] : undefined

import { isRawNumber } from '@tidemark/core/values'
import { type AnswerPlace, atPath } from './at-path.ts'
import type { HttpAnswer } from './http-options.ts'
import { headerOf } from './response-headers.ts'

/** What an answer has at a place; undefined where it has nothing there. */
export function atPlace({ body, headers }: Pick<HttpAnswer, 'body' | 'headers'>, place: AnswerPlace): unknown {
  return isHeader(place) ? headerOf(headers, place.header.toLowerCase()) : atPath(body, place)
}

/** A place as an error names it. */
export function placeText(place: AnswerPlace): string {
  return isHeader(place) ? `in the header "${place.header}"` : `at "${[place].flat().join('.')}" of the body`
}

/** The name of a place, as `"has_more"` in an error. */
export function placeName(place: AnswerPlace): string {
  return isHeader(place) ? place.header : [place].flat().join('.')
}

/** Whether a value answers "is there more?" with yes or no; undefined where it is absent, and so tells nothing. */
export function yesOrNo(value: unknown): boolean | undefined {
  if (value === undefined) return undefined
  if (isRawNumber(value)) return Number(value.rawJSON) !== 0
  if (typeof value === 'string') return !/^(?:|0|false|no|n|null)$/i.test(value.trim())
  return value !== null && value !== false && value !== 0
}

const isHeader = (place: AnswerPlace): place is { readonly header: string } =>
  typeof place === 'object' && !Array.isArray(place)

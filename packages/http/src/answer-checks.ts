import { SyncError } from '@tidemark/core'
import { isRawNumber } from '@tidemark/core/values'
import { atPath, type BodyPath } from './at-path.ts'
import { errorSign, messageIn, speaksOfLimit, speaksOfPassing } from './error-signs.ts'
import { excerptOf } from './http-failure.ts'
import type { ResponseHeaders } from './response-headers.ts'
import { isRateLimited, waitAdvice } from './wait-advice.ts'

type Scalar = string | number | boolean

/** What a body has at a place. Values are compared as texts: `0` and `"0"` are the same. */
export interface AnswerCheck {
  readonly at: BodyPath
  /** The value there, or one of several. */
  readonly equals?: Scalar | readonly Scalar[] | undefined
  /** There is no value: absent, null, false, 0, an empty text or list. */
  readonly absent?: true | undefined
  /** Where the body says in words what is wrong; found at the usual places where absent. */
  readonly message?: BodyPath | undefined
  /** What it stands for may pass, such as a limit: it is asked again. */
  readonly retry?: true | undefined
}

export interface AnswerChecks {
  /** Where the rows are in a body. Nothing: the body is the list. */
  readonly rows?: BodyPath | undefined
  /** What an object in the place of the list means: without it an error. */
  readonly single?: true | undefined
  /** What every answer says that is not an error. Without `equals` and `absent`: there is a value. */
  readonly success?: AnswerCheck | readonly AnswerCheck[] | undefined
  /** What an answer says that is an error, though its status is 200. Without `equals` and `absent`: a value that is not empty, 0 or false. */
  readonly failure?: AnswerCheck | readonly AnswerCheck[] | undefined
  /** Names that tell of an error where they hold anything (`error`, `errors`). An empty list: nothing is guessed. */
  readonly errors?: readonly BodyPath[] | undefined
}

export interface CheckedAnswer {
  readonly body: unknown
  readonly headers: ResponseHeaders
  /** Method and URL, redacted. */
  readonly what: string
  readonly redact: (text: string) => string
  readonly now: number
}

const ERRORS: readonly BodyPath[] = ['error', 'errors']

/** The error that a body is, though its status is 200; undefined where it is an answer. */
export function failureIn(checks: AnswerChecks, answer: CheckedAnswer): SyncError | undefined {
  const { body } = answer
  const found = ({ at }: AnswerCheck): string => `"${textOf(at)}" is ${shown(atPath(body, at))}`
  const failed = [checks.failure ?? []].flat().find((check) => holds(check, body, isSaid))
  if (failed !== undefined) return failureOf(found(failed), failed, answer)
  const unmet = [checks.success ?? []].flat().find((check) => !holds(check, body, isThere))
  if (unmet !== undefined) return failureOf(`${found(unmet)}, not ${wanted(unmet)}`, unmet, answer)
  if (Array.isArray(body) || isRow(body, checks)) return undefined
  const { errors = ERRORS, rows = '' } = checks
  const told = errors.find((path) => isSaid(atPath(body, path)) && !isWithin(rows, path))
  if (told !== undefined) return failureOf(`"${textOf(told)}" is ${shown(atPath(body, told))}`, undefined, answer)
  // What the config says, or that nothing is to be guessed, comes before what names usually mean.
  if (checks.success !== undefined || errors.length === 0) return undefined
  const sign = errorSign(body, rows)
  return sign === undefined ? undefined : failureOf(sign, undefined, answer)
}

function failureOf(problem: string, check: AnswerCheck | undefined, answer: CheckedAnswer): SyncError {
  const { body, headers, what, redact, now } = answer
  const own = check?.message === undefined ? undefined : atPath(body, check.message)
  const said = isSaid(own) ? (typeof own === 'string' ? own : jsonOf(own)) : (messageIn(body) ?? jsonOf(body))
  const excerpt = excerptOf(said, redact)
  const message = `${what} returned an error instead of data (${excerptOf(problem, redact)}): ${excerpt}`
  const words = `${problem} ${said}`
  const isLimit = speaksOfLimit(words) || isRateLimited(headers)
  // Words are believed where the config says nothing.
  const mayPass = check?.retry === true || isLimit || (check === undefined && speaksOfPassing(words))
  if (!mayPass) return new SyncError(message, 'fix-source', { code: 'error-body' })
  const code = isLimit ? 'rate-limited' : 'error-body'
  return new SyncError(message, 'retry', { retryAfterMs: waitAdvice(headers, now, isLimit), code })
}

/** Whether a value has what a check says. Without `equals` and `absent`: there is something, and not null. */
export function meets(check: Pick<AnswerCheck, 'at' | 'equals' | 'absent'>, value: unknown): boolean {
  return holds(check, value, isThere)
}

function holds(
  { at, equals, absent }: Pick<AnswerCheck, 'at' | 'equals' | 'absent'>,
  body: unknown,
  otherwise: (value: unknown) => boolean,
): boolean {
  const value = atPath(body, at)
  if (absent === true) return !isSaid(value)
  if (equals === undefined) return otherwise(value)
  return [equals].flat().some((one) => String(one) === scalarText(value))
}

function scalarText(value: unknown): string | undefined {
  if (isRawNumber(value)) return value.rawJSON
  return value === null || value === undefined || typeof value === 'object' ? undefined : String(value)
}

/** Not nothing, and not what says "none" in its own type: false, 0, an empty text or list. */
function isSaid(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null && !isRawNumber(value)) return Object.keys(value).length > 0
  return Boolean(value)
}

const isThere = (value: unknown): boolean => value !== undefined && value !== null

function wanted({ equals, absent }: AnswerCheck): string {
  if (absent === true) return 'absent'
  return equals === undefined
    ? 'there'
    : [equals]
        .flat()
        .map((one) => JSON.stringify(one))
        .join(' or ')
}

/** A body that is itself the one row may have any fields. */
function isRow(body: unknown, { rows = '', single }: AnswerChecks): boolean {
  return single === true && textOf(rows) === '' && typeof body === 'object'
}

const textOf = (path: BodyPath): string => [path].flat().join('.')
const isWithin = (rows: BodyPath, path: BodyPath): boolean => textOf(rows).startsWith(textOf(path))
const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? String(one) : one)) ?? 'nothing'
const shown = (value: unknown): string => {
  const text = value === undefined ? 'absent' : jsonOf(value)
  return text.length > 60 ? `${text.slice(0, 60).toWellFormed()}…` : text
}

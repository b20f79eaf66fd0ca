import { atPath, type BodyPath, namesOf } from './at-path.ts'

/** What of a body says that it is an error, as `"success" is false`. */
export type Sign = string

type Body = Readonly<Record<string, unknown>>

/** Members of a body that speak of the answer as a whole. */
const ABOUT = ['meta', 'status', 'response', 'result', 'header', 'head', 'info', 'responseHeader']
const FLAGS = ['success', 'Success', 'succeeded', 'isSuccess', 'is_success', 'isSuccessful', 'ok', 'OK']
const STATUSES = ['status', 'Status', 'stat', 'result', 'Result', 'outcome']
const CODES = ['code', 'Code', 'status', 'status_code', 'statusCode', 'http_code', 'httpStatus', 'retcode']
const ERROR_CODES = ['error_code', 'errorCode', 'ErrorCode', 'errcode', 'err_code', 'errno', 'err_no', 'retcode']
const ERRORS = [
  'fault',
  'Fault',
  'exception',
  'err',
  'Error',
  'Errors',
  'errorMessages',
  'error_message',
  'errorMessage',
  'error_msg',
  'errorMsg',
  'errmsg',
  'err_msg',
  'error_description',
  'errorDescription',
]
const WORDS = ['message', 'Message', 'msg', 'detail', 'details', 'reason', 'description', 'Note', 'Information']

const FAILED = /^(?:err(?:or)?|fail(?:ed|ure)?|fault|nok|ko|denied|forbidden|unauthori[sz]ed|rate.?limited|throttled)$/i
const FINE = /^(?:0+|ok(?:ay)?|success(?:ful)?|none|null|nil|no.?errors?|n\/a|false)?$/i
/** A status of HTTP that means an error, also with two or three digits of the API's own behind it; below zero. */
const BAD_CODE = /^(?:-\d+|[45]\d{2}(?:\d{2,3})?)$/
const LIMITED = /rate.?limit|too.?many|throttl|quota|limit (?:has been |was |is )?(?:reached|exceeded)|slow down/i
const PASSING =
  /try(?:ing)? again|tempor|incomplete|time(?:d)?.?out|unavailable|overload|internal.{0,8}error|server error|maintenance/i
const REFUSED =
  /unauthori[sz]ed|access.{0,4}denied|forbidden|permission|(?:invalid|expired|missing|wrong|bad).{0,12}(?:key|token|signature|credential|session)|(?:key|token|session|credential).{0,12}(?:invalid|expired|missing)/i

/** Whether words speak of a limit that is used up. */
export const speaksOfLimit = (text: string): boolean => LIMITED.test(text)
/** Whether words speak of something that may pass. */
export const speaksOfPassing = (text: string): boolean => PASSING.test(text) || /^"[\w.]+" is "?5\d\d/.test(text)

/**
 * What in the body of a 200 says that it is an error, where the list is empty or not there: with rows the same words may be
 * theirs. `success: false` and a list that the API itself calls incomplete say so whatever the rows.
 */
export function errorSign(body: unknown, rows: BodyPath): Sign | undefined {
  if (!isObject(body)) return undefined
  const envelopes = envelopesOf(body, rows)
  const always = first(envelopes, (one) => named(one, FLAGS.slice(0, 6), isNo) ?? incomplete(one))
  if (always !== undefined || !isEmpty(atPath(body, rows))) return always
  return first(
    envelopes,
    (one) =>
      named(one, FLAGS, (value) => isNo(value) || value === 0 || value === '0') ??
      named(one, STATUSES, (value) => typeof value === 'string' && FAILED.test(value)) ??
      named(one, CODES, isBadCode) ??
      named(one, ERROR_CODES, (value) => isScalar(value) && !FINE.test(String(value))) ??
      named(one, ERRORS, (value) => (isScalar(value) ? !FINE.test(String(value)) : !isEmpty(value))) ??
      named(one, WORDS, (value) => typeof value === 'string' && (LIMITED.test(value) || REFUSED.test(value))),
  )
}

/** The API's own words for what is wrong; undefined where a body has none at the usual places. */
export function messageIn(body: unknown): string | undefined {
  if (!isObject(body)) return undefined
  const places = [body, ...[...ABOUT, 'error', 'Error', 'fault', 'Fault', 'errors'].map((name) => own(body, name))]
  const names = [...WORDS, ...ERRORS, 'faultstring', 'title', 'error', 'errors']
  for (const place of places) {
    const one = Array.isArray(place) ? (place as unknown[])[0] : place
    if (typeof one === 'string' && place !== body) {
      if (one.trim() !== '') return one
    } else if (isObject(one)) {
      const found = names
        .map((name) => own(one, name))
        .find((value) => typeof value === 'string' && value.trim() !== '')
      if (found !== undefined) return found as string
    }
  }
  return undefined
}

/** The body, what lies on the way to its list, and the members that speak of the answer. */
function envelopesOf(body: Body, rows: BodyPath): readonly (readonly [path: string, Body])[] {
  const names = namesOf(rows)
  const ways = names.slice(0, -1).map((_, at) => names.slice(0, at + 1))
  const paths = [[], ...ways, ...ABOUT.filter((name) => name !== names.join('.')).map((name) => [name])]
  return paths.flatMap((path) => {
    const found = atPath(body, path)
    return isObject(found) ? [[path.map((name) => `${name}.`).join(''), found] as const] : []
  })
}

function first(
  envelopes: readonly (readonly [path: string, Body])[],
  look: (envelope: Body) => readonly [name: string, value: unknown] | undefined,
): Sign | undefined {
  for (const [path, envelope] of envelopes) {
    const found = look(envelope)
    if (found !== undefined) return `"${path}${found[0]}" is ${shown(found[1])}`
  }
  return undefined
}

function named(
  envelope: Body,
  names: readonly string[],
  isSo: (value: unknown) => boolean,
): readonly [name: string, value: unknown] | undefined {
  const name = names.find((one) => Object.hasOwn(envelope, one) && isSo(envelope[one]))
  return name === undefined ? undefined : [name, envelope[name]]
}

function incomplete(envelope: Body): readonly [name: string, value: unknown] | undefined {
  return named(envelope, ['timed_out', 'incomplete_results'], (value) => value === true)
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? String(one) : one)) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60).toWellFormed()}…` : text
}
const own = (body: Body, name: string): unknown => (Object.hasOwn(body, name) ? body[name] : undefined)
const isObject = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value)
const isScalar = (value: unknown): boolean => value !== null && value !== undefined && typeof value !== 'object'
const isNo = (value: unknown): boolean =>
  value === false || (typeof value === 'string' && /^(?:false|no)$/i.test(value))
const isBadCode = (value: unknown): boolean =>
  (typeof value === 'number' || typeof value === 'string') && BAD_CODE.test(String(value))

/** Nothing, an empty list, an object without a field. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}

import type { Bound, ValueCodec } from './codec.ts'

/** A row that was written once has one time in two columns: what was made of the last time is given again. */
export function rememberingLast(form: ValueCodec['timestamp']): ValueCodec['timestamp'] {
  let [last, lastOffset, lastPrecision]: [string?, boolean?, number?] = []
  let bound: Bound | undefined
  return (value, offset, precision) => {
    if (value === last && offset === lastOffset && precision === lastPrecision) return bound
    bound = form(value, offset, precision)
    last = value
    lastOffset = offset
    lastPrecision = precision
    return bound
  }
}

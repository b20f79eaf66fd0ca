// The entry point `values`: what sources and the engine both compute with, so that neither implements it twice. Covered by the
// version promise, like the entry point of the contract.

export { abortable } from './values/abortable.ts'
export { coalesceWindows } from './values/coalesce-windows.ts'
export {
  COLUMN_TYPE_TRAITS,
  type ColumnTypeTraits,
  CURSOR_TYPES,
  type CursorTraits,
  type CursorType,
  fits,
  isCursorType,
  typesFitting,
} from './values/column-types.ts'
export { isFaithful, plainDecimal, significantDigits } from './values/decimal.ts'
export {
  decimalText,
  exactJsonText,
  isRawNumber,
  type NumberReader,
  numberOrRaw,
  parseJson,
  parseNumbers,
  type RawNumber,
  rawNumber,
} from './values/exact-json.ts'
export { formatInstant, type Instant, instantParts, type Micros, parseDate, parseInstant } from './values/instant.ts'
export { INT64_MAX, int64, safeInteger } from './values/int64.ts'
export { type JsonConverter, jsonConverter } from './values/json-converter.ts'
export { Kind } from './values/kind.ts'
export { createMasker, type Masker } from './values/masker.ts'
export { typeOfKinds } from './values/type-of-kinds.ts'
export type { Range, Window } from './values/window.ts'
export { isoText, rfcOffset, type WrittenTime, writtenTime } from './values/written-time.ts'

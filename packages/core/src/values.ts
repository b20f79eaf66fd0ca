// The door of values: what a source computes with as the engine does, so that neither writes it a second time. Under the
// version promise, as the door of the contract is.

export { coalesceWindows } from './values/coalesce-windows.ts'
export { formatInstant, type Instant, instantParts, type Micros, parseDate, parseInstant } from './values/instant.ts'
export { createMasker, type Masker } from './values/masker.ts'
export type { Range, Window } from './values/window.ts'

import { hash } from 'node:crypto'

/** Enough that no two of any number of rows are the same by chance. */
const BYTES = 16

/** A short stand-in for a text. */
export function digest(text: string): Uint8Array {
  return hash('sha256', text, 'buffer').subarray(0, BYTES)
}

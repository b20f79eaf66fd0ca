import { exactNumber, isWritten } from './byte-values.ts'

const TAB = 9
const CR = 13
const SPACE = 32
const QUOTE = 34
const PLUS = 43
const COMMA = 44
const MINUS = 45
const POINT = 46
const ZERO = 48
const NINE = 57
const COLON = 58
const LIST = 91
const BACKSLASH = 92
const LIST_END = 93
const LETTER_U = 117
const OBJECT = 123
const OBJECT_END = 125

/** What nests deeper is read in another way. */
const DEEPEST = 32

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE
const isSpace = (byte: number): boolean => byte === SPACE || byte === TAB || byte === CR
const ESCAPES = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)))

/** Reads over the parts of a JSON text, as strictly as `JSON.parse`. Each function gives the place behind one, or -1. */
export class JsonInside {
  /** Whether the last number had no point and no exponent. */
  isWhole = false
  /** Set to false where a number is not written as JavaScript writes it, or an escape may be no character. */
  isVerbatim = true

  /** A value at a depth. */
  behindValue(bytes: Buffer, start: number, depth: number): number {
    const byte = bytes[start]!
    if (byte === QUOTE) return this.behindText(bytes, start + 1)
    if (byte === OBJECT || byte === LIST) return depth === DEEPEST ? -1 : this.#behindAll(bytes, start, depth + 1)
    if (byte === MINUS || isDigit(byte)) {
      const end = this.behindNumber(bytes, start)
      if (end >= 0 && this.isVerbatim) this.isVerbatim = isAsJavaScriptWrites(bytes, start, end, this.isWhole)
      return end
    }
    if (isWritten(bytes, start, 'null') || isWritten(bytes, start, 'true')) return start + 4
    return isWritten(bytes, start, 'false') ? start + 5 : -1
  }

  /** An object or a list. */
  #behindAll(bytes: Buffer, start: number, depth: number): number {
    const isObject = bytes[start] === OBJECT
    const close = isObject ? OBJECT_END : LIST_END
    let at = behindSpaces(bytes, start + 1)
    if (bytes[at] === close) return at + 1
    for (;;) {
      if (isObject) {
        if (bytes[at] !== QUOTE) return -1
        at = this.behindText(bytes, at + 1)
        if (at < 0) return -1
        at = behindSpaces(bytes, at)
        if (bytes[at] !== COLON) return -1
        at = behindSpaces(bytes, at + 1)
      }
      at = this.behindValue(bytes, at, depth)
      if (at < 0) return -1
      at = behindSpaces(bytes, at)
      const byte = bytes[at]
      if (byte === close) return at + 1
      if (byte !== COMMA) return -1
      at = behindSpaces(bytes, at + 1)
    }
  }

  /** A text and its closing quote. */
  behindText(bytes: Buffer, start: number): number {
    let at = start
    for (;;) {
      const byte = bytes[at]!
      if (byte === QUOTE) return at + 1
      if (byte === BACKSLASH) {
        at = this.behindEscape(bytes, at)
        if (at < 0) return -1
      } else if (byte < SPACE) return -1
      else at++
    }
  }

  /** An escape in a text. */
  behindEscape(bytes: Buffer, start: number): number {
    const byte = bytes[start + 1]!
    if (ESCAPES.has(byte)) return start + 2
    if (byte !== LETTER_U) return -1
    let code = 0
    for (let at = start + 2; at < start + 6; at++) {
      const digit = hexDigit(bytes[at]!)
      if (digit < 0) return -1
      code = code * 16 + digit
    }
    // Nothing, and half of a character, are in no text of a database.
    if (code === 0 || (code >= 0xd800 && code <= 0xdfff)) this.isVerbatim = false
    return start + 6
  }

  /** A number. */
  behindNumber(bytes: Buffer, start: number): number {
    let at = bytes[start] === MINUS ? start + 1 : start
    this.isWhole = true
    if (bytes[at] === ZERO) at++
    else {
      const first = at
      while (isDigit(bytes[at]!)) at++
      if (at === first) return -1
    }
    if (bytes[at] === POINT) {
      this.isWhole = false
      const first = ++at
      while (isDigit(bytes[at]!)) at++
      if (at === first) return -1
    }
    if (bytes[at] === 101 || bytes[at] === 69) {
      this.isWhole = false
      at++
      if (bytes[at] === PLUS || bytes[at] === MINUS) at++
      const first = at
      while (isDigit(bytes[at]!)) at++
      if (at === first) return -1
    }
    return at
  }
}

/** A line feed ends the record and stands in none. */
function behindSpaces(bytes: Buffer, start: number): number {
  let at = start
  while (isSpace(bytes[at]!)) at++
  return at
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - ZERO
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** Whether JavaScript writes the number at a place with the same characters. */
export function isAsJavaScriptWrites(bytes: Uint8Array, start: number, end: number, isWhole: boolean): boolean {
  const number = exactNumber(bytes, start, end)
  if (Number.isNaN(number) || isWhole) return !Number.isNaN(number)
  // It writes no zeros at the end of a fraction, and numbers that are smaller with an exponent.
  return bytes[end - 1] !== ZERO && (number >= 1e-6 || number <= -1e-6)
}

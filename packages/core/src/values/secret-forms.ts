import { decodings } from './decoded-text.ts'

/** What a secret may look like in a text out of which escapes are taken; texts in lower case. */
export interface SecretForms {
  /** As it is. */
  readonly plain: readonly string[]
  /** What it becomes where it is encoded with what stands around it. */
  readonly encoded: readonly string[]
  /** Patterns of its bytes as numbers. */
  readonly bytes: readonly string[]
}

/** A shorter text is part of too many words: hiding it would hide everything, and as a secret it protects nothing. */
const SHORTEST = 4
// A pattern of a whole key file would be larger than all that is searched.
const LONGEST_BYTES = 256

export function formsOf(secret: string): SecretForms {
  const whole = [secret.toWellFormed()].flatMap((text) => [
    text,
    text.trim(),
    text.normalize('NFC'),
    text.normalize('NFD'),
  ])
  // Where it holds escapes itself, it may have been taken for what they say.
  const texts = new Set(whole.flatMap((text) => decodings(text)).map(({ text }) => text))
  const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter((line) => line.trim().length >= 16) : []
  const plain = [...texts, ...lines].flatMap((text) => [text, text.replaceAll(' ', '+')])
  const isLong = (text: string): boolean => text.length >= SHORTEST
  const lower = (all: readonly string[]): readonly string[] => [...new Set(all.filter(isLong).map(lowerCase))]
  return {
    plain: lower(plain),
    encoded: lower([...texts].flatMap(written).flatMap(base64Of)),
    bytes: [...texts].filter(isLong).flatMap(bytePatterns),
  }
}

/** In lower case, with every character where it was: case says nothing in a secret that was shown. */
export function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase())
}

/** As a text is written before it becomes base64: the user and the password of OAuth are form fields there. */
function written(text: string): readonly string[] {
  const field = new URLSearchParams([['', text]]).toString().slice(1)
  return [...new Set([text, encodeURIComponent(text), field, JSON.stringify(text).slice(1, -1)])]
}

/** Base64 of a text, also where other bytes stand before and after it, as in `Authorization: Basic`. */
function base64Of(text: string): readonly string[] {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
  return [0, 1, 2].flatMap((before) => {
    const first = Math.ceil((before * 8) / 6)
    const inner = btoa('\0'.repeat(before) + bytes).slice(first, Math.floor(((before + bytes.length) * 8) / 6))
    if (inner.length < 6) return []
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

/** The bytes of a text, as hexadecimal digits or as numbers, with what may stand between them. */
function bytePatterns(text: string): readonly string[] {
  const bytes = Array.from(new TextEncoder().encode(text))
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
  if (bytes.length > LONGEST_BYTES) return [hex.join('')]
  return [`(?:0x)?${hex.join('[\\s:,.-]{0,2}(?:0x)?')}`, `(?<!\\d)${bytes.join('\\s?,\\s{0,9}')}(?!\\d)`]
}

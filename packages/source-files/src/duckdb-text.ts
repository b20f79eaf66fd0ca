import { dayText } from './time-texts.ts'

// Texts as DuckDB writes them in JSON, for what is made a value here and stands beside what DuckDB makes one of.

/** A day since 1970. */
export function dateInJson(day: number): string {
  const [, sign, year, rest] = /^(-?)(\d+)(.*)$/.exec(dayText(day))!
  const ordinal = Number(`${sign}${year}`)
  return ordinal > 0 ? `${year}${rest}` : `${String(1 - ordinal).padStart(4, '0')}${rest} (BC)`
}

/** A time since 1970, counted in parts of a second: as many as ten to the power of `digits`. */
export function timestampInJson(count: bigint, digits: number, zone: string): string {
  const aDay = 86_400n * 10n ** BigInt(digits)
  const day = count / aDay - (count % aDay < 0n ? 1n : 0n)
  return `${dateInJson(Number(day))} ${timeInJson(count - day * aDay, digits)}${zone}`
}

/** A time since midnight, counted in such parts. */
export function timeInJson(count: bigint, digits: number): string {
  const second = 10n ** BigInt(digits)
  const seconds = Number(count / second)
  const two = (value: number): string => String(value).padStart(2, '0')
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  const rest = count % second
  return rest === 0n ? clock : `${clock}.${String(rest).padStart(digits, '0').replace(/0+$/, '')}`
}

/** Bytes: those that are not printable, quotes and backslashes as `\xFF`. */
export function bytesInJson(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1')
  return text.replace(/[^ -~]|["'\\]/g, (one) => `\\x${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/** The bytes that are written so. */
export function bytesFromJson(text: string): Buffer {
  const bytes = text.replace(/\\x([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1')
}

import { sizeText } from '../../show/numbers.ts'

const COUNT = new Intl.NumberFormat('en-US')
const SHORT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

/** Numbers and times for people, and texts made safe to show. */
export const format = {
  count: (value: number): string => COUNT.format(value),
  short: (value: number): string => (value < 10_000 ? COUNT.format(value) : SHORT.format(value)),
  plural: (value: number, one: string, many = `${one}s`): string =>
    `${COUNT.format(value)} ${value === 1 ? one : many}`,
  percent: (share: number): string => {
    if (share >= 1) return '100 %'
    // Nearly complete is not complete.
    const percent = Math.floor(share * 1000) / 10
    return `${percent >= 99.9 ? '99.9' : percent >= 10 ? Math.floor(percent) : percent} %`
  },
  length,
  about,
  bytes: sizeText,
  ago: (at: number, now: number): string => (now - at < 5000 ? 'just now' : `${about(now - at)} ago`),
  until: (at: number, now: number): string => (at <= now ? 'now' : `in ${about(at - now)}`),
  instant: (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' '),
  day: (at: number): string => new Date(at).toISOString().slice(0, 10),
  /** A cursor position, without what only a machine needs. */
  position: (text: string): string =>
    /^\d{4}-\d\d-\d\dT/.test(text)
      ? text
          .replace('T', ' ')
          .replace(/(?:\.\d+)?Z?$/, '')
          .replace(/ 00:00:00$/, '')
      : text,
  visible,
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000 * 365, 'y'],
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
]

/** A duration in its largest unit only. */
function about(ms: number): string {
  const [unit, name] = UNITS.find(([one]) => ms >= one) ?? [1000, 's']
  return `${Math.max(0, Math.floor(ms / unit))} ${name}`
}

/** A duration in its largest unit, and, if that is below 10, with the next. */
function length(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const at = UNITS.findIndex(([unit]) => ms >= unit)
  const [unit, name] = UNITS[at]!
  const whole = Math.floor(ms / unit)
  const next = UNITS[at + 1]
  if (name === 's') return `${ms < 10_000 ? (ms / 1000).toFixed(1) : whole} s`
  const rest = next === undefined ? 0 : Math.floor((ms % unit) / next[0])
  return whole >= 10 || rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${next![1]}`
}

/** Replaces control, bidirectional and invisible characters with their code points. */
function visible(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (one) => {
      const code = one.charCodeAt(0)
      return code < 0x20
        ? String.fromCharCode(0x2400 + code)
        : `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`
    },
  )
}

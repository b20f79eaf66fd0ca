import { unitOf, written } from './date-format.ts'

export const TIME_FORMATS = ['iso', 'seconds', 'date', 'unix', 'unix_ms', 'local'] as const
export type TimeFormat = (typeof TIME_FORMATS)[number]

const DAY = 86_400_000

/**
 * A bound of a window as an API wants it, in one of the forms with a name or in one of strftime. Where that is coarser than the bound, `from` is rounded down and `to` up: the
 * API then gives too much, never too little.
 */
export function formatted(time: string, format: TimeFormat | (string & {}), bound: 'from' | 'to'): string {
  if (format === 'iso') return time
  const ms = Date.parse(time)
  const isExact = !/\.\d{3}\d*[1-9]\d*/.test(time)
  const whole = (unit: number): number => {
    const exact = ms % unit === 0 && isExact
    return bound === 'from' || exact ? Math.floor(ms / unit) * unit : (Math.floor(ms / unit) + 1) * unit
  }
  switch (format) {
    case 'seconds':
      return new Date(whole(1000)).toISOString().replace('.000Z', 'Z')
    case 'local':
      return new Date(whole(1000)).toISOString().slice(0, 19).replace('T', ' ')
    case 'date':
      return new Date(whole(DAY)).toISOString().slice(0, 10)
    case 'unix':
      return String(whole(1000) / 1000)
    case 'unix_ms':
      return String(whole(1))
    default:
      return written(new Date(whole(unitOf(format))), format)
  }
}

/** A time one millisecond earlier, for an API that gives only what comes after it. */
export function justBefore(time: string): string {
  return new Date(Date.parse(time) - 1).toISOString()
}

/** Times without an offset: what a clock on the wall of a time zone shows. */

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}

export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone)
    return true
  } catch {
    return false
  }
}

/** What the clock of a zone shows at an instant, both in microseconds. */
export function localMicros(micros: bigint, timeZone: string): bigint {
  const seconds = micros / 1_000_000n
  const parts = formatOf(timeZone).formatToParts(new Date(Number(seconds) * 1000))
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value)
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return BigInt(shown) * 1000n + (micros % 1_000_000n)
}

const STEP = 300_000_000n

/**
 * The earliest time that the clock of a zone will show from an instant on. Where summer time ends, the clock shows an
 * hour twice: in the first of the two, rows of the second will still come below it.
 */
export function earliestLocal(micros: bigint, timeZone: string): bigint {
  let earliest = localMicros(micros, timeZone)
  for (let ahead = STEP; ahead <= 24n * STEP; ahead += STEP) {
    const shown = localMicros(micros + ahead, timeZone)
    if (shown < earliest) earliest = shown
  }
  return earliest
}

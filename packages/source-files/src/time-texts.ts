const DAY = 86_400_000_000
const days = new Map<number, string>()
const TWO = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))

/** A day since 1970 as `YYYY-MM-DD`; outside the years 0 to 9999 with a year of more digits or a sign, which no date column takes. */
export function dayText(day: number): string {
  const known = days.get(day)
  if (known !== undefined) return known
  if (isFar(day)) return farDayText(day)
  const text = new Date(day * 86_400_000).toISOString().slice(0, 10)
  if (days.size >= 10_000) days.clear()
  days.set(day, text)
  return text
}

/** Whether a day is outside the years 0 to 9999. */
const isFar = (day: number): boolean => day < -719_528 || day > 2_932_896

/** Days of 400 years, after which the calendar is the same again. */
const CYCLE = 146_097
const ENDLESS = 2 ** 31 - 1

function farDayText(day: number): string {
  if (Math.abs(day) === ENDLESS) return day < 0 ? '-infinity' : 'infinity'
  const cycles = Math.floor((day + 719_528) / CYCLE)
  const within = new Date((day - cycles * CYCLE) * 86_400_000).toISOString()
  const year = Number(within.slice(0, 4)) + cycles * 400
  return `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}${within.slice(4, 10)}`
}

const ENDLESS_MICROS = 2n ** 63n - 1n

/** The text of a time before 1684 or after 2255, whose microseconds are not a safe integer. */
export function farTimeText(micros: bigint, zone: '' | 'Z'): string {
  if (micros === ENDLESS_MICROS || micros === -ENDLESS_MICROS) return micros < 0n ? '-infinity' : 'infinity'
  const rest = ((micros % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n
  return timeText(Number((micros - rest) / 86_400_000_000n), Number(rest), zone)
}

function timeText(day: number, rest: number, zone: '' | 'Z'): string {
  const seconds = Math.floor(rest / 1_000_000)
  const fraction = rest - seconds * 1_000_000
  const minutes = (seconds / 60) | 0
  const hour = (minutes / 60) | 0
  const text = `${dayText(day)}T${TWO[hour]}:${TWO[minutes - hour * 60]}:${TWO[seconds - minutes * 60]}`
  return fraction === 0 ? text + zone : `${text}.${String(fraction).padStart(6, '0')}${zone}`
}

/** The most characters of a time: `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
const SLOT = 27

/**
 * Times as ISO texts. They are written into one text, of which each is a part: a text that is put together of others is put
 * together once more where it is read.
 */
export class TimeTexts {
  readonly #zone: '' | 'Z'
  readonly #bytes: Buffer
  readonly #lengths: Uint8Array
  /** The day that was written last, and its text. */
  #day = Number.NaN
  readonly #date = Buffer.alloc(10)

  constructor(count: number, zone: '' | 'Z') {
    this.#zone = zone
    this.#bytes = Buffer.alloc(count * SLOT)
    this.#lengths = new Uint8Array(count)
  }

  /** Adds a time at a place. @param micros since 1970. @returns its text where `all` does not have it. */
  add(at: number, micros: number): string | undefined {
    const day = Math.floor(micros / DAY)
    const rest = micros - day * DAY
    if (isFar(day)) return timeText(day, rest, this.#zone)
    if (day !== this.#day) {
      this.#date.write(dayText(day), 'latin1')
      this.#day = day
    }
    const bytes = this.#bytes
    const start = at * SLOT
    for (let n = 0; n < 10; n++) bytes[start + n] = this.#date[n]!
    const seconds = Math.floor(rest / 1_000_000)
    const fraction = rest - seconds * 1_000_000
    const minutes = (seconds / 60) | 0
    const hour = (minutes / 60) | 0
    bytes[start + 10] = 84
    this.#two(start + 11, hour)
    bytes[start + 13] = 58
    this.#two(start + 14, minutes - hour * 60)
    bytes[start + 16] = 58
    this.#two(start + 17, seconds - minutes * 60)
    let length = 19
    if (fraction !== 0) {
      bytes[start + 19] = 46
      const high = (fraction / 10_000) | 0
      const middle = ((fraction / 100) | 0) - high * 100
      this.#two(start + 20, high)
      this.#two(start + 22, middle)
      this.#two(start + 24, fraction - high * 10_000 - middle * 100)
      length = 26
    }
    if (this.#zone === 'Z') bytes[start + length++] = 90
    this.#lengths[at] = length
    return undefined
  }

  /** All texts. @param others those that are not in it, by their places. */
  all(others: readonly (string | undefined)[]): string[] {
    const text = this.#bytes.toString('latin1')
    return others.map((other, at) => other ?? text.substring(at * SLOT, at * SLOT + this.#lengths[at]!))
  }

  #two(at: number, number: number): void {
    const tens = (number / 10) | 0
    this.#bytes[at] = 48 + tens
    this.#bytes[at + 1] = 48 + number - tens * 10
  }
}

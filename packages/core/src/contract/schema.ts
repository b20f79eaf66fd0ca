import { z } from 'zod'
import { NUMERIC } from '../values/decimal.ts'
import { formatInstant } from '../values/instant.ts'

// Core's own schemas carry their meaning in their definition, where a second copy of core or of zod still reads it.

/** A config field that never reaches a log, an error, the state or a screen. */
export function secret(): z.ZodString {
  return z.stringFormat('secret', () => true) as unknown as z.ZodString
}

/** A decimal number as text, exact: `-12.3400`, any number of digits, no exponent. Becomes the column type `numeric`. */
export function numeric(): z.ZodString {
  return z.stringFormat('numeric', NUMERIC) as unknown as z.ZodString
}

/** Binary data as a `Uint8Array`. Becomes the column type `bytes`. */
export function bytes(): z.ZodCustom<Uint8Array> {
  return z.custom<Uint8Array>((value) => value instanceof Uint8Array, columnTyped('bytes'))
}

/**
 * A column whose earlier rows hold a value: `filledWith(z.string(), 'active')`. Where it is added to a table that has rows,
 * they get it there too. For defaults that a system gave to the rows it had.
 */
export function filledWith<T extends z.ZodType>(schema: T, value: unknown): T {
  return schema.meta({ ...schema.meta(), fill: value }) as T
}

/** A time in seconds since 1970, as many APIs give it; becomes a `timestamp`, and `from` and `to` are ISO texts. */
export function unixSeconds(): z.ZodPipe<z.ZodTransform<string, number>, z.ZodISODateTime> {
  const toText = z.transform((value: number, context) => {
    // The years 0 to 9999.
    if (typeof value === 'number' && value >= -62_167_219_200 && value < 253_402_300_800) {
      const micros = microsOf(value)
      return formatInstant(Number.isSafeInteger(micros) ? micros : BigInt(Math.floor(value)) * 1_000_000n, 'Z')
    }
    context.issues.push({ code: 'custom', message: 'expected seconds since 1970', input: value })
    return z.NEVER
  })
  return z.pipe(toText as z.ZodTransform<string, number>, z.iso.datetime())
}

/** The last microsecond that is not after a number of seconds, where 0.3 means 300,000 and not one less. */
function microsOf(seconds: number): number {
  const nearest = Math.round(seconds * 1_000_000)
  return nearest / 1_000_000 > seconds ? nearest - 1 : nearest
}

/** Parameters that put a column type into a custom schema's definition. */
export function columnTyped(columnType: string): { readonly error: string } {
  const params = { columnType, error: `expected a value of type ${columnType}` }
  return params
}

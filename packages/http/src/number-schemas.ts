import { numeric } from '@tidemark/core'
import { decimalText } from '@tidemark/core/values'
import { z } from 'zod'

const issue = (input: unknown, message: string) => ({ code: 'custom' as const, message, input })

/**
 * A decimal of an API, given as a JSON number or as a text; becomes the column type `numeric`, with every digit. For
 * money and whatever else must not be rounded.
 */
export function decimal(): z.ZodPipe<z.ZodTransform<string, unknown>, z.ZodString> {
  const toText = z.transform((value: unknown, context) => {
    const text = decimalText(value)
    if (text !== undefined) return text
    context.issues.push(issue(value, 'expected a decimal number'))
    return z.NEVER
  })
  return z.pipe(toText, numeric())
}

/** A number of an API that may be rounded to the nearest double. `z.number()` refuses those that it would change. */
export function double(): z.ZodPipe<z.ZodTransform<number, unknown>, z.ZodNumber> {
  const toNumber = z.transform((value: unknown, context) => {
    const number = Number(decimalText(value) ?? Number.NaN)
    if (Number.isFinite(number)) return number
    context.issues.push(issue(value, 'expected a number'))
    return z.NEVER
  })
  return z.pipe(toNumber, z.number())
}

/** A whole number of an API of up to 64 bits, exact; becomes the column type `integer`. */
export function integer64(): z.ZodPipe<z.ZodTransform<bigint, unknown>, z.ZodBigInt> {
  const toBigInt = z.transform((value: unknown, context) => {
    const text = decimalText(value)
    if (text !== undefined && /^-?\d+$/.test(text)) return BigInt(text)
    context.issues.push(issue(value, 'expected a whole number'))
    return z.NEVER
  })
  return z.pipe(toBigInt, z.bigint())
}

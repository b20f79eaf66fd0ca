import fc from 'fast-check'
import { bytes, type Case, double, type Example, instant, json, number, text } from './example.ts'
import type { Kind } from './kinds.ts'

/** A value of a kind, before a reader's language is put on it. */
interface Value {
  readonly kind: Kind
  /** In the languages of CSV, JSON and the three databases; absent: it has none of that kind. */
  readonly csv?: string
  readonly json?: string
  readonly postgres?: readonly [type: string, expression: string]
  readonly mariadb?: readonly [type: string, expression: string]
  readonly sqlite?: readonly [type: string, expression: string]
  readonly parquet?: string
  readonly means: Example['means']
}

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')

const integers = fc
  .oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }))
  .map(
    (value): Value => ({
      kind: 'the ends of 64 bits',
      csv: String(value),
      json: String(value),
      postgres: ['bigint', quoted(String(value))],
      mariadb: ['bigint', quoted(String(value))],
      sqlite: ['INTEGER', `CAST(${quoted(String(value))} AS INTEGER)`],
      parquet: `${quoted(String(value))}::BIGINT`,
      means: number(String(value)),
    }),
  )

const decimals = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }), fc.integer({ min: 0, max: 20 }))
  .map(([isNegative, whole, scale]): Value => {
    const digits = String(whole).padStart(scale + 1, '0')
    const point = digits.length - scale
    const value = `${isNegative && whole !== 0n ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : `.${digits.slice(point)}`}`
    return {
      kind: 'decimals of 38 digits',
      csv: value,
      json: value,
      postgres: ['numeric', value],
      mariadb: ['decimal(65,20)', quoted(value)],
      parquet: `${quoted(value)}::DECIMAL(38,${scale})`,
      means: number(value),
    }
  })

const doubles = fc.double().map((value): Value => {
  const written = Object.is(value, -0) ? '-0' : String(value)
  const hasDigits = Number.isFinite(value)
  return {
    kind: 'doubles',
    ...(hasDigits ? { json: written } : {}),
    postgres: ['float8', quoted(written)],
    ...(hasDigits ? { mariadb: ['double', `${written}${written.includes('e') ? '' : 'e0'}`] as const } : {}),
    parquet: `${quoted(written)}::DOUBLE`,
    means: double(value),
  }
})

const texts = fc.string({ unit: 'binary', maxLength: 40 }).map((value): Value => {
  const isPlain = value.isWellFormed() && !value.includes('\0')
  return {
    kind: 'characters beyond 16 bits',
    ...(value.isWellFormed() ? { csv: `"${value.replaceAll('"', '""')}"` } : {}),
    json: JSON.stringify(value),
    ...(isPlain
      ? {
          postgres: ['text', quoted(value)] as const,
          mariadb: ['text', `CONVERT(x'${hex(Buffer.from(value))}' USING utf8mb4)`] as const,
          sqlite: ['TEXT', `CAST(x'${hex(Buffer.from(value))}' AS TEXT)`] as const,
          parquet: `decode(from_hex('${hex(Buffer.from(value))}'))`,
        }
      : {}),
    means: text(value),
  }
})

const instants = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }).map((micros): Value => {
  const ms = micros >= 0n || micros % 1000n === 0n ? micros / 1000n : micros / 1000n - 1n
  const iso = new Date(Number(ms)).toISOString()
  const value = `${iso.slice(0, -1)}${String(micros - ms * 1000n).padStart(3, '0')}Z`
  return {
    kind: 'instants',
    csv: value,
    json: JSON.stringify(value),
    postgres: ['timestamptz', quoted(value)],
    sqlite: ['TIMESTAMP', quoted(value)],
    parquet: `TIMESTAMPTZ ${quoted(value)}`,
    means: instant(value),
  }
})

const blobs = fc.uint8Array({ maxLength: 40 }).map(
  (value): Value => ({
    kind: 'bytes',
    postgres: ['bytea', quoted(`\\x${hex(value)}`)],
    mariadb: ['blob', `x'${hex(value)}'`],
    sqlite: ['BLOB', `x'${hex(value)}'`],
    parquet: `from_hex('${hex(value)}')`,
    means: bytes(hex(value)),
  }),
)

const jsons = fc.jsonValue({ maxDepth: 3 }).map((value): Value => {
  // A member beside it, so that the column is JSON whatever the value is.
  const written = JSON.stringify({ v: value, n: 1 })
  const isPlain = !/\\u0000|\\ud[89a-f]/.test(written)
  return {
    kind: 'structs and maps',
    json: written,
    ...(isPlain
      ? {
          postgres: ['jsonb', quoted(written)] as const,
          mariadb: ['json', `CONVERT(x'${hex(Buffer.from(written))}' USING utf8mb4)`] as const,
          sqlite: ['JSON', `CAST(x'${hex(Buffer.from(written))}' AS TEXT)`] as const,
          parquet: `decode(from_hex('${hex(Buffer.from(written))}'))::JSON`,
        }
      : {}),
    means: json(written),
  }
})

const VALUES = [integers, decimals, doubles, texts, instants, blobs, jsons]

export type Language = 'csv' | 'json' | 'postgres' | 'mariadb' | 'sqlite' | 'parquet'

/** Values of all kinds that a reader's language can write, each time others. */
export function generatedCases(language: Language, each: number, seed: number): readonly Case[] {
  return VALUES.flatMap((values) => fc.sample(values, { numRuns: each, seed }))
    .flatMap((value): Omit<Case, 'number'>[] => {
      const written = value[language]
      if (written === undefined) return []
      const example =
        typeof written === 'string'
          ? { given: written, means: value.means }
          : { kind: written[0], given: written[1]!, means: value.means }
      return [{ kind: value.kind, example }]
    })
    .map((one, at) => ({ ...one, number: at + 1 }))
}

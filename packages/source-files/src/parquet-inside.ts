import type { DuckDBStructType, DuckDBType } from '@duckdb/node-api'
import { isRawNumber } from '@tidemark/core/values'
import type { Convert } from './convert.ts'
import { driver } from './driver.ts'
import { orMisfit } from './misfit.ts'
import type { Raw } from './parquet-raw.ts'
import { isVariantType, variantOf } from './parquet-variant.ts'

/**
 * What makes values of what is stored inside of a value that came as JSON; undefined where nothing of it is.
 *
 * @param leaves what the file has of them, in its order.
 */
export function rawInside(type: DuckDBType, leaves: readonly { readonly raw: Raw | undefined }[]): Convert | undefined {
  const rest = leaves.values()
  const convert = insideOf(type, () => rest.next().value?.raw)
  return convert && orMisfit(convert)
}

function insideOf(type: DuckDBType, next: () => Raw | undefined): Convert | undefined {
  const { DuckDBListType, DuckDBMapType, DuckDBStructType } = driver()
  if (isVariantType(type)) return ofSome(variantOf(type, next))
  if (type instanceof DuckDBStructType) return insideStruct(type, next)
  if (type instanceof DuckDBListType) return insideList(insideOf(type.valueType, next))
  if (type instanceof DuckDBMapType) return insideMap(insideOf(type.keyType, next), insideOf(type.valueType, next))
  const convert = next()?.inJson
  return convert && ofSome(convert)
}

const ofSome =
  (convert: Convert): Convert =>
  (value) =>
    value === null ? null : convert(value)

function insideStruct(type: DuckDBStructType, next: () => Raw | undefined): Convert | undefined {
  const entries = type.entryTypes.flatMap((entry, at) => {
    const convert = insideOf(entry, next)
    return convert === undefined ? [] : [[type.entryNames[at]!, convert] as const]
  })
  if (entries.length === 0) return undefined
  return ofSome((value) => {
    const struct = value as Record<string, unknown>
    for (const [name, convert] of entries) struct[name] = convert(struct[name])
    return struct
  })
}

function insideList(convert: Convert | undefined): Convert | undefined {
  return convert && ofSome((value) => (value as unknown[]).map(convert))
}

function insideMap(ofKey: Convert | undefined, ofValue: Convert | undefined): Convert | undefined {
  if (ofKey === undefined && ofValue === undefined) return undefined
  return ofSome((value) =>
    Object.fromEntries(
      Object.entries(value as Record<string, unknown>).map(([key, one]) => [
        ofKey === undefined ? key : String(written(ofKey(key))),
        ofValue === undefined ? one : ofValue(one),
      ]),
    ),
  )
}

const written = (value: unknown): unknown => (isRawNumber(value) ? value.rawJSON : value)

import { Physical, type SchemaElement } from './parquet-element.ts'

/** How the values of a leaf are stored where they are written one behind the other. */
export interface Stored {
  /** How many bytes each has; undefined where each says that itself. */
  readonly width: number | undefined
  /** One bit each. */
  readonly isBoolean: boolean
}

const WIDTHS: Readonly<Record<number, number>> = {
  [Physical.boolean]: 1,
  [Physical.int32]: 4,
  [Physical.int64]: 8,
  [Physical.int96]: 12,
  [Physical.float]: 4,
  [Physical.double]: 8,
}

export const storedAs = ({ physical, fixedLength }: SchemaElement): Stored => ({
  width: fixedLength ?? WIDTHS[physical ?? -1],
  isBoolean: physical === Physical.boolean,
})

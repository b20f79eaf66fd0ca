/** Fields that follow the values of every row of a load. */
export interface Suffix {
  readonly fields: number
  readonly bytes: Uint8Array
  /** Adds a 64-bit field that counts the rows from this number on. */
  readonly countFrom?: number | undefined
}

/** A field of 64 bits, or of text, for a suffix. */
export function field(value: number | bigint | string | null): Buffer {
  if (value === null) return Buffer.from([255, 255, 255, 255])
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    const length = Buffer.alloc(4)
    length.writeInt32BE(text.length)
    return Buffer.concat([length, text])
  }
  const bytes = Buffer.alloc(12)
  bytes.writeInt32BE(8)
  bytes.writeBigInt64BE(BigInt(value), 4)
  return bytes
}

/** A field of 16 bits. */
export function smallField(value: number): Buffer {
  return Buffer.from([0, 0, 0, 2, (value >> 8) & 255, value & 255])
}

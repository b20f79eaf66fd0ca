// Rows as the bytes of a binary COPY (documentation of COPY, "Binary Format"), cut where one ends and the next begins.

/** The signature, the flags, and the length of what follows them. */
const HEADER = 19
const NOTHING = Buffer.alloc(0)

/** Cuts the bytes of a binary COPY into rows, however they are divided into chunks. */
export class CopiedRows {
  #before: Buffer = NOTHING
  #isBegun = false

  /** @param take is given each row that is whole: bytes and where it lies in them, for as long as the call lasts. */
  add(chunk: Buffer, take: (bytes: Buffer, from: number, end: number) => void): void {
    const bytes = this.#before.length === 0 ? chunk : Buffer.concat([this.#before, chunk])
    let at = 0
    if (!this.#isBegun) {
      if (bytes.length < HEADER || bytes.length < HEADER + bytes.readInt32BE(HEADER - 4)) {
        this.#before = Buffer.from(bytes)
        return
      }
      this.#isBegun = true
      at = HEADER + bytes.readInt32BE(HEADER - 4)
    }
    for (;;) {
      const end = endOf(bytes, at)
      if (end < 0) break
      take(bytes, at, end)
      at = end
    }
    // The trailer stays too, and nothing follows it.
    this.#before = at === bytes.length ? NOTHING : Buffer.from(bytes.subarray(at))
  }
}

/** Where a row ends; -1 where it is not whole. */
function endOf(bytes: Buffer, from: number): number {
  const size = bytes.length
  if (from + 2 > size) return -1
  // The trailer is the number -1 in place of that of the fields.
  const fields = (bytes[from]! << 8) | bytes[from + 1]!
  if (fields === 0xffff) return -1
  let at = from + 2
  for (let field = 0; field < fields; field++) {
    if (at + 4 > size) return -1
    at = fieldEnd(bytes, at)
    if (at > size) return -1
  }
  return at
}

/** Where a field ends that begins with its length: -1 stands for NULL. */
export function fieldEnd(bytes: Buffer, at: number): number {
  const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  return at + 4 + Math.max(length, 0)
}

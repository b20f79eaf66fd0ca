/** A position in the write-ahead log (LSN), in bytes. Texts of it (`16/B374D848`) do not compare; numbers do. */
export type WalPosition = bigint

export function parseWalPosition(text: string): WalPosition {
  const parts = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text)
  if (parts === null) throw new RangeError(`not a position in a write-ahead log: ${text}`)
  return (BigInt(`0x${parts[1]}`) << 32n) | BigInt(`0x${parts[2]}`)
}

export function formatWalPosition(position: WalPosition): string {
  return `${(position >> 32n).toString(16).toUpperCase()}/${(position & 0xffff_ffffn).toString(16).toUpperCase()}`
}

/** A page, and the longer of its two headers: no record is so short that it ends within them. */
const PAGE = 8192n
const HEADER = 40n

/**
 * The end of what is written, of a position at which the server inserts. Behind a full page that is after the header of the next one,
 * which is not written before there is a record in it: nothing would come to it on a quiet server.
 */
export function endOfRecords(inserted: WalPosition): WalPosition {
  const within = inserted % PAGE
  return within <= HEADER ? inserted - within : inserted
}

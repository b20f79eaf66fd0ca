/** State tables hold 64-bit integers and texts; all else stays the text that the server wrote. */
export function parserOf(oid: number, format?: string): (text: string) => unknown {
  if (format === 'binary') return (value) => value
  switch (oid) {
    case 20:
      return BigInt
    case 21:
    case 23:
      return Number
    case 16:
      return (text) => text === 't'
    default:
      return (text) => text
  }
}

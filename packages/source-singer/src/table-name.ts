/** The name of a stream's table: `public-orders` would need quotes in SQL, so it is `public_orders`. */
export function tableNameOf(stream: string): string {
  return stream.replace(/[^\p{L}\p{N}_]+/gu, '_')
}

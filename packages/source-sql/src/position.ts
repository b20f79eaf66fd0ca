/** Microseconds of what the engine or a database wrote, or the integer itself. */
export function microsOf(value: string | bigint): bigint {
  if (typeof value === 'bigint') return value
  const [seconds, fraction = ''] = value.replace('Z', '').split('.')
  const ms = Date.parse(seconds!.length === 10 ? seconds! : `${seconds}Z`)
  return BigInt(ms) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
}

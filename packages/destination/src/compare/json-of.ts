/** Values as JSON for people to read. */
export function jsonOf(values: readonly unknown[]): string {
  return JSON.stringify(values, (_key, one: unknown) => {
    if (typeof one === 'bigint')
      return one >= Number.MIN_SAFE_INTEGER && one <= Number.MAX_SAFE_INTEGER ? Number(one) : String(one)
    return one instanceof Uint8Array ? Buffer.from(one).toString('hex') : one
  })
}

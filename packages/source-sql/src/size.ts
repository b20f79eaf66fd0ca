const UNITS: Readonly<Record<string, number>> = { MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 }

/** Bytes of a text such as `500MB`, `20GB` or `1TB`, as Postgres counts them; undefined where it is not a size. */
export function sizeBytes(text: string): number | undefined {
  const found = /^([1-9]\d*)(MB|GB|TB)$/.exec(text)
  const bytes = found === null ? Number.NaN : Number(found[1]) * UNITS[found[2]!]!
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** A size for people. */
export function sizeOf(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} kB`
  return bytes < 10 * 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MB` : `${(bytes / 1024 ** 3).toFixed(1)} GB`
}

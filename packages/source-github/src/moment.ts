/** An instant as GitHub takes it, in whole seconds, and no later. */
export function secondsText(instant: string | number | Date): string {
  return new Date(Math.floor(new Date(instant).getTime() / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}

/** Seconds since 1970 as an ISO text. */
export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

const EVERY_MS = 30_000

/** Says the newest of many lines every half minute: for logs, where nothing can be drawn over. */
export function everySoOften(say: (line: string) => void): (line: string) => void {
  let saidAt = performance.now()
  return (line) => {
    if (performance.now() - saidAt < EVERY_MS) return
    saidAt = performance.now()
    say(line)
  }
}

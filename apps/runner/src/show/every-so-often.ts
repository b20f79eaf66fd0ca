const EVERY_MS = 30_000

/** Prints the newest of many lines every half minute: for logs, where nothing can be redrawn. */
export function everySoOften(say: (line: string) => void): (line: string) => void {
  let saidAt = performance.now()
  return (line) => {
    if (performance.now() - saidAt < EVERY_MS) return
    saidAt = performance.now()
    say(line)
  }
}

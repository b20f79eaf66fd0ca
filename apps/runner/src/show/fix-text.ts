/** How to fix a failure. Field names are those of `status --json`. */
export interface Fix {
  /** What to do, in words. */
  readonly what: string
  /** When to run the command: `then`, `to do it now`. */
  readonly when: string
  readonly command: string
  /** Where to read about it. */
  readonly see: string
}

/** A fix in one line. */
export function fixText({ what, when, command, see }: Fix): string {
  return `${what}; ${when}: ${command}; see ${see}`
}

/** What to do about a failure. Field names are those of `status --json`. */
export interface Fix {
  /** What has to be done, in words. */
  readonly what: string
  /** When the command is the right one: `then`, `at once`. */
  readonly when: string
  readonly command: string
  /** Where to read about it. */
  readonly see: string
}

/** A fix in one line. */
export function fixText({ what, when, command, see }: Fix): string {
  return `${what}; ${when}: ${command}; see ${see}`
}

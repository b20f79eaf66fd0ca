/** The log lines on stderr, which are JSON where it is no terminal; what is no log line is left out. */
export function logLines(
  stderr: string,
): readonly { readonly level: string; readonly msg: string; readonly [field: string]: unknown }[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
}

/** What they say, a line each. */
export function messages(stderr: string): string {
  return logLines(stderr)
    .map(({ msg }) => msg)
    .join('\n')
}

import type { Logger } from '@tidemark/core'

/** Writes what engine and sources say as plain lines: `git_commits is new, needs history from 2024-01-01T00:00:00Z`. */
export function createLog({
  say,
  verbose,
}: {
  readonly say: (line: string) => void
  readonly verbose: boolean
}): Logger {
  return {
    debug: (message, fields) => {
      if (verbose) say(`debug: ${line(message, fields)}`)
    },
    info: (message, fields) => say(line(message, fields)),
    warn: (message, fields) => say(`warning: ${line(message, fields)}`),
  }
}

function line(message: string, { source, ...fields }: { readonly source?: unknown } = {}): string {
  const texts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${valueText(value)}`)
  const text = texts.length === 0 ? message : `${message} (${texts.join(', ')})`
  return typeof source === 'string' && !message.startsWith(source) ? `${source}: ${text}` : text
}

function valueText(value: unknown): string {
  if (value instanceof Error) return value.message
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one))
  } catch {
    return String(value)
  }
}

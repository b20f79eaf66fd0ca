import { plainText } from './bytes.ts'

/** Who did something, when, and in which time zone. */
export interface Person {
  readonly name: string
  readonly email: string
  /** In seconds since 1970; null where the commit has none. */
  readonly seconds: number | null
  readonly zone: string | null
}

/** What a commit object says. */
export interface Commit {
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Person
  readonly committer: Person
  readonly subject: string
  readonly body: string
}

/** Reads a commit object. Git has let many malformed ones in, so nothing in it makes this fail. */
export function parseCommit(bytes: Buffer): Commit {
  const end = bytes.indexOf('\n\n')
  // One character a byte, until it is known which encoding the names are in.
  const lines = bytes.toString('latin1', 0, end === -1 ? bytes.length : end).split('\n')
  const all = (field: string) =>
    lines.filter((line) => line.startsWith(`${field} `)).map((line) => line.slice(field.length + 1))
  const one = (field: string) => all(field)[0] ?? ''
  const encoding = all('encoding')[0]
  const person = (field: string) => parsePerson(plainText(Buffer.from(one(field), 'latin1'), encoding))
  const message = end === -1 ? '' : plainText(bytes.subarray(end + 2), encoding)
  return {
    tree: one('tree'),
    parents: all('parent'),
    author: person('author'),
    committer: person('committer'),
    ...parseMessage(message),
  }
}

/** A message as git sees it: its first paragraph on one line, and the rest. */
function parseMessage(message: string): Pick<Commit, 'subject' | 'body'> {
  const text = message.replace(/^(?:[^\S\n]*\n)+/, '').trimEnd()
  const gap = /\n[^\S\n]*\n/.exec(text)
  const subject = gap === null ? text : text.slice(0, gap.index)
  const body = gap === null ? '' : text.slice(gap.index + gap[0].length)
  return {
    subject: subject
      .split('\n')
      .map((line) => line.trimEnd())
      .join(' '),
    body: body.replace(/^(?:[^\S\n]*\n)+/, ''),
  }
}

// All the digits: the first twelve of a longer number are another date.
const DATE = /^\s*(-?\d+)(?=\s|$)(?:\s+([+-]\d{4})(?!\d))?/

function parsePerson(line: string): Person {
  const open = line.indexOf('<')
  const close = line.indexOf('>', open)
  const date = DATE.exec(line.slice(line.lastIndexOf('>') + 1))
  return {
    name: (open === -1 ? line : line.slice(0, open)).trim(),
    email: open === -1 ? '' : line.slice(open + 1, close === -1 ? undefined : close).trim(),
    seconds: date === null ? null : Number(date[1]),
    zone: date?.[2] ?? null,
  }
}

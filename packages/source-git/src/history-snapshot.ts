import { z } from 'zod'

/** What a repository's history was when a revision was made: all it takes to tell later what has come since. */
export interface HistorySnapshot {
  /** Commits from which every other one can be reached. */
  readonly tips: readonly string[]
  /** The commits at which a shallow clone was cut. */
  readonly shallow: readonly string[]
  /** The earliest date of a commit, in seconds, that was still to come. */
  readonly next: number | undefined
}

// Hashes as their bytes in base64, a third shorter than hex; `size` is the length of one in bytes.
const Text = z.object({
  v: z.literal(1),
  size: z.int(),
  tips: z.string(),
  shallow: z.string(),
  next: z.int().optional(),
})

/** The revision as the engine keeps it. The same history always gives the same text. */
export function writeSeen({ tips, shallow, next }: HistorySnapshot): string {
  const size = (tips[0] ?? shallow[0] ?? '').length / 2
  return JSON.stringify({ v: 1, size, tips: pack(tips), shallow: pack(shallow), next } satisfies z.input<typeof Text>)
}

/** @returns undefined where there is no revision, or one that another version of this package wrote. */
export function readSeen(revision: string | undefined): HistorySnapshot | undefined {
  if (revision === undefined) return undefined
  const { data } = Text.safeParse(parse(revision))
  if (data === undefined) return undefined
  return { tips: unpack(data.tips, data.size), shallow: unpack(data.shallow, data.size), next: data.next }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function pack(shas: readonly string[]): string {
  return Buffer.from(shas.toSorted().join(''), 'hex').toString('base64url')
}

function unpack(packed: string, size: number): readonly string[] {
  const bytes = Buffer.from(packed, 'base64url')
  if (size < 1) return []
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, nth) =>
    bytes.toString('hex', nth * size, (nth + 1) * size),
  )
}

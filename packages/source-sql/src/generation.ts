/** What a table's data is kept in, by the database's own word: it changes when the data is replaced as a whole. */
export interface Storage {
  /** The table itself. */
  readonly head: string
  /** Of a table of partitions: the place of each among the others, and what its data is kept in. */
  readonly parts?: readonly (readonly [place: string, file: string])[] | undefined
}

/** The text by which a table's storage is known again. */
export function generationOf({ head, parts }: Storage): string {
  if (parts === undefined) return head
  const written = parts.map(([place, file]) => `${encodeURIComponent(place)}=${file}`).toSorted()
  return [head, ...written].join(' ')
}

/**
 * Whether one text follows from another although nothing was replaced: partitions were added or dropped, and each of those
 * that are in both, one at least, is what it was.
 */
export function isGrown(before: string, now: string): boolean {
  const [head, ...parts] = before.split(' ')
  const [headNow, ...partsNow] = now.split(' ')
  // A table without partitions has no parts; one that loses or gains them was made anew.
  if (head !== headNow || (parts.length === 0) !== (partsNow.length === 0)) return false
  const files = new Map(parts.map(split))
  const common = partsNow.map(split).filter(([place]) => files.has(place))
  return common.length > 0 && common.every(([place, file]) => files.get(place) === file)
}

function split(part: string): [string, string] {
  const at = part.indexOf('=')
  return [part.slice(0, at), part.slice(at + 1)]
}

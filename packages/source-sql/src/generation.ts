/** What a table's data is kept in, by the database's own word: it changes when the data is replaced as a whole. */
export interface Storage {
  /** The table itself. */
  readonly head: string
  /** Of a table of partitions: the place of each among the others, and what its data is kept in. */
  readonly files?: readonly (readonly [place: string, file: string])[] | undefined
}

/** The text by which a table's storage is known again. */
export function generationOf({ head, files: parts }: Storage): string {
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
  // A table without partitions has no parts; one that loses or gains them was made again.
  if (head !== headNow || (parts.length === 0) !== (partsNow.length === 0)) return false
  const files = new Map(parts.map(split))
  const common = partsNow.map(split).filter(([place]) => files.has(place))
  return common.length > 0 && common.every(([place, file]) => files.get(place) === file)
}

/** What a file of SQLite says of one of its tables: how often its schema changed, the table's page, and every statement in it. */
export interface SchemaEntry {
  readonly table: string
  readonly name: string
  readonly hash: string
}

/** The text of a table in a file whose schema counts its changes. A table that is made again mostly gets its old page. */
export function schemaGeneration(version: number, page: unknown, entries: readonly SchemaEntry[]): string {
  const parts = entries.map(({ table, name, hash }) => [`${table}/${name}`, hash] as const)
  return `${version} ${generationOf({ head: String(page), files: parts })}`
}

/**
 * Whether all changes of a schema between two texts can be seen in its statements: then none of them dropped a table and made
 * it again as it was. A table that went with its indexes went by one.
 */
export function isSeen(before: string, now: string): boolean {
  const [version, page, ...parts] = before.split(' ')
  const [versionNow, pageNow, ...partsNow] = now.split(' ')
  const steps = Number(versionNow) - Number(version)
  if (page !== pageNow || steps < 0) return false
  const [old, next] = [new Map(parts.map(split)), new Map(partsNow.map(split))]
  const changed = [...next].filter(([place, hash]) => old.get(place) !== hash).length
  const tableOf = (place: string): string => place.slice(0, place.indexOf('%2F'))
  const tables = new Set([...next.keys()].map(tableOf))
  const removed = [...old.keys()].filter((place) => !next.has(place))
  const gone = new Set(removed.map((place) => (tables.has(tableOf(place)) ? place : tableOf(place)))).size
  return steps <= changed + gone
}

function split(part: string): [string, string] {
  const at = part.indexOf('=')
  return [part.slice(0, at), part.slice(at + 1)]
}

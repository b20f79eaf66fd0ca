import type { ColumnType } from '@tidemark/core'
import type { RawBuilder } from 'kysely'

/** Makes a value of what stands in an answer of a driver. */
export type Decode = (raw: never) => unknown

/** What a column is asked for as, so that the answer is one of the fields of a binary page. */
export interface BinaryReading {
  /** Absent: the column itself. */
  readonly select?: ((column: RawBuilder<unknown>) => RawBuilder<unknown>) | undefined
  /** The type of the answer, as the protocol calls it. */
  readonly answers: number
}

/** How a column is asked for and what becomes of the answer. */
export interface Reading {
  readonly type: ColumnType
  /** What is selected; absent: the column itself. */
  readonly select?: ((column: RawBuilder<unknown>) => RawBuilder<unknown>) | undefined
  /** Never given NULL. Absent: the answer as it is. */
  readonly decode?: Decode | undefined
  /** Reads the answer where it lies among the bytes of a connection, to the same effect as `decode` and faster. */
  readonly decodeAt?: ((bytes: Buffer, from: number, to: number) => unknown) | undefined
  /** What a bound is compared with; absent: the column itself. */
  readonly compared?: ((column: RawBuilder<unknown>) => RawBuilder<unknown>) | undefined
  /** The type of the answer, as the system's protocol calls it: one of another is not decoded. Absent: any. */
  readonly answers?: number | undefined
  /** How it is asked for in the binary form of Postgres, where that holds each of its values; absent: it cannot. */
  readonly binary?: BinaryReading | undefined
  /** The answer never holds anything but ASCII. */
  readonly ascii?: true | undefined
}

/** The sequences that a column draws its numbers from. */
export interface Drawn {
  readonly sequences: number
  /** From one number to the next; below zero where one of them counts down. */
  readonly increment: bigint
  /** How many numbers a session takes at once. */
  readonly stock: bigint
  /** It begins again when it has given out its last number. */
  readonly cycles: boolean
}

/** A column of a table that was found. */
export interface FoundColumn extends Reading {
  readonly name: string
  /** What the database calls its type. */
  readonly kind: string
  readonly nullable: boolean
  /** The same as a text that the database writes; for columns that a user calls text. */
  readonly asText: Reading
  /** Values come back as parameters unchanged and in the order of the index, so a page can go on behind one. */
  readonly pageable: boolean
  /** The kind of answer that the column itself gives, before anything is made of it. Absent: any. */
  readonly answerKind?: string | undefined
  /** The database moves it with every change of its row. */
  readonly moves?: true | undefined
  /** Absent: nothing is known of where its numbers come from. */
  readonly drawn?: Drawn | undefined
}

/** A table or view that was found. */
export interface FoundTable {
  /** As the source names it: with its schema where that is not the main one. */
  readonly name: string
  readonly schema: string | undefined
  readonly relation: string
  readonly kind: 'table' | 'view'
  readonly columns: readonly FoundColumn[]
  /** The columns that identify a row, by the database's own word. */
  readonly key: readonly string[]
  /** The key is that of each partition, and nothing keeps two partitions from the same one. */
  readonly unproven?: true | undefined
  /** Columns that are there and that the user may not read. */
  readonly hidden?: readonly string[] | undefined
  /** Columns that an index begins with. */
  readonly indexed: ReadonlySet<string>
  /** About how many rows there are, where wide ones count for several; undefined where nobody knows. */
  readonly rows: number | undefined
  /** A text that changes when its data is replaced as a whole; undefined where the database says nothing. */
  readonly generation: string | undefined
  /** Tidemark wrote it: read only where it is named, or it would be read and written for ever. */
  readonly own: boolean
  /** False: the user may not read it. */
  readonly readable: boolean
  /** Whatever the system needs to read it. */
  readonly details: Readonly<Record<string, unknown>>
}

/**
 * The name of a table that no other can have. The main schema's tables go without it; a dot in a name is put into quotes,
 * which go again where nothing else has the name without them.
 */
export function nameOf(schema: string | undefined, relation: string): string {
  const quoted = (part: string): string => (part.includes('.') ? `"${part}"` : part)
  return schema === undefined ? quoted(relation) : `${quoted(schema)}.${quoted(relation)}`
}

/** Schemas and relations that a name may stand for: a dot may part them or be part of either. */
export function placesOf(name: string): readonly (readonly [string | undefined, string])[] {
  const bare = (part: string): string => (/^".*"$/s.test(part) ? part.slice(1, -1) : part)
  const splits = [...name.matchAll(/\./g)].map(
    ({ index }) => [bare(name.slice(0, index)), bare(name.slice(index + 1))] as const,
  )
  return [[undefined, bare(name)] as const, ...splits].filter(
    ([schema, relation]) =>
      nameOf(schema, relation) === name || (schema === undefined ? relation : `${schema}.${relation}`) === name,
  )
}

/** Of the unique keys of a table the one that is taken: the primary key, else the shortest, by its names. */
export function keyOf(
  keys: readonly { readonly primary: boolean; readonly columns: readonly string[] }[],
): readonly string[] {
  const ranked = keys.toSorted(
    (a, b) =>
      Number(b.primary) - Number(a.primary) ||
      a.columns.length - b.columns.length ||
      (a.columns.join() < b.columns.join() ? -1 : 1),
  )
  return ranked[0]?.columns ?? []
}

/** The state of Tidemark, whose tables belong to nobody. */
export function isState(relation: string): boolean {
  return /^_?tidemark_/.test(relation)
}

/** A table that Tidemark wrote: where source and destination are one database, it must not read its own. */
export function isOwn(columns: readonly { readonly name: string }[]): boolean {
  const names = new Set(columns.map((column) => column.name))
  return ['_synced_at', '_deleted_at', '_cursor'].every((name) => names.has(name))
}

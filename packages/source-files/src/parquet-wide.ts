import { createReadStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { Files } from './client.ts'
import { openFile } from './open-file.ts'
import { type CheckedChunk, kindOf } from './parquet-check.ts'
import { type Cut, type LongRow, smallGroups } from './parquet-cut.ts'
import type { ParquetField, ParquetLeaf } from './parquet-field.ts'
import { type ColumnChunk, type Footer, MAGIC } from './parquet-footer.ts'
import { bytesHeld, type Held } from './parquet-held.ts'
import { type ChunkKind, isReadable } from './parquet-page.ts'
import { type Page, pagesOf } from './parquet-pages.ts'
import { footerOfGroup, kindFields, type PlacedChunk, plainKind, schemaOfOne } from './parquet-row-group.ts'
import type { Schema } from './parquet-schema.ts'

// DuckDB reads 2,048 rows at once, and keeps all pages that they are in: of texts of a megabyte that is two gigabytes. It
// never reads beyond a file, so such a column is read by itself, a few rows at a time, each time from a file that has only these.

/** Values that become JSON take so much more: its writer has room for an escape in place of each character. */
const JSON_FACTOR = 8

/**
 * The columns that are too wide to be read with the others: the widest, until the others have room.
 *
 * @param room how many bytes DuckDB may hold of the columns that are read together.
 * @param exactly what is held of a chunk of lists, where what was checked may be too much.
 */
export async function wideFields(
  fields: readonly ParquetField[],
  checked: ReadonlyMap<ColumnChunk, CheckedChunk>,
  room: number,
  exactly: (leaf: ParquetLeaf, chunk: ColumnChunk) => Promise<Held>,
): Promise<ReadonlySet<ParquetField>> {
  const held = new Map([...checked].map(([chunk, one]) => [chunk, one.heldBytes]))
  const heldOf = (field: ParquetField): number =>
    field.leaves
      .map(({ chunks }) => Math.max(0, ...chunks.map((chunk) => bytesOf(held.get(chunk), field))))
      .reduce((sum, bytes) => sum + bytes, 0)
  const heldOfAll = (): number => fields.reduce((sum, field) => sum + heldOf(field), 0)
  const wide = new Set<ParquetField>()
  if (heldOfAll() <= room) return wide
  for (const leaf of fields.flatMap(({ leaves }) => leaves))
    for (const chunk of leaf.levels.repetition === 0 ? [] : leaf.chunks)
      if (checked.get(chunk)?.isReadable) held.set(chunk, await exactly(leaf, chunk))
  let together = heldOfAll()
  const sized = fields.map((field) => ({ field, bytes: heldOf(field) }))
  const apart = sized.filter(({ field }) => isFlat(field) || areReadable(field, checked))
  for (const { field, bytes } of apart.sort((a, b) => b.bytes - a.bytes)) {
    if (together <= room) break
    wide.add(field)
    together -= bytes
  }
  return wide
}

const bytesOf = (held: Held | undefined, field: ParquetField): number =>
  held === undefined ? 0 : held.pages + (isFlat(field) ? 0 : held.values * JSON_FACTOR)

/** Whether it has one value in each row, so that its pages begin with one. */
const isFlat = ({ element, below }: ParquetField): boolean => below.length === 0 && !element.isRepeated

const areReadable = ({ leaves }: ParquetField, checked: ReadonlyMap<ColumnChunk, CheckedChunk>): boolean =>
  leaves.every(({ chunks }) => chunks.every((chunk) => checked.get(chunk)?.isReadable))

/** A few rows of one column of a file, as a file of its own. */
export interface WideGroup {
  readonly rows: number
  content(): AsyncGenerator<Buffer>
}

/** A column that is read by itself, and what that needs. */
export interface WideColumn {
  readonly path: string
  readonly footer: Footer
  readonly schema: Schema
  readonly field: ParquetField
  readonly cut: Cut
  readonly client: Files
  readonly signal: AbortSignal
}

/**
 * The rows of one column, a few at a time, each time as a Parquet file that DuckDB reads by itself. What is too large for it is
 * cut. The content of each is to be read before the next is asked for.
 */
export async function* wideGroups(column: WideColumn): AsyncGenerator<WideGroup | LongRow> {
  const { field, footer, cut } = column
  const own = schemaOfOne(footer, column.schema, field)
  await using file = await openFile(column.path)
  for (const nth of field.leaves[0]?.chunks.keys() ?? []) {
    const chunks: HeldChunk[] = []
    for (const leaf of field.leaves) chunks.push(await heldChunk(file, leaf, leaf.chunks[nth]!, footer))
    const groups = isFlat(field) ? groupsOf(chunks[0]!.pages, cut.into) : []
    const isCut = !isFlat(field) || groups.some(({ heldBytes }) => heldBytes > cut.above)
    if (isCut && chunks.every(({ kind, pages }) => pages.every(({ page }) => isReadable(page, kind))))
      yield* cutGroups(file, chunks, column, own)
    else yield* pageGroups(chunks[0]!, groups, column, own)
  }
}

/** A chunk, and how many bytes DuckDB holds of each of its pages. */
interface HeldChunk {
  readonly chunk: ColumnChunk
  readonly kind: ChunkKind
  readonly pages: readonly { readonly page: Page; readonly heldBytes: number }[]
}

async function heldChunk(
  file: FileHandle,
  leaf: ParquetLeaf,
  chunk: ColumnChunk,
  { start: end }: Footer,
): Promise<HeldChunk> {
  const kind = kindOf(leaf, chunk)
  const pages: { page: Page; heldBytes: number }[] = []
  let values = 0
  for await (const page of pagesOf(file, { start: chunk.start, size: chunk.values === 0 ? 0 : end - chunk.start })) {
    pages.push({ page, heldBytes: await bytesHeld(file, page, kind) })
    values += page.values
    if (values >= chunk.values) break
  }
  return { chunk, kind, pages }
}

async function* cutGroups(
  file: FileHandle,
  chunks: readonly HeldChunk[],
  { footer, cut, client, signal }: WideColumn,
  schema: Schema,
): AsyncGenerator<WideGroup | LongRow> {
  const leaves = chunks.map(({ chunk, kind, pages }) => ({
    ...kind,
    nulls: chunk.nulls,
    pages: pages.map(({ page }) => page),
  }))
  const kinds = chunks.map(({ chunk }) => plainKind(kindFields(footer, chunk)))
  for await (const group of smallGroups(leaves, cut, { file, client, signal })) {
    if (!('pages' in group)) yield group
    else
      yield {
        rows: group.rows,
        async *content() {
          yield MAGIC
          let to = MAGIC.length
          const placed: PlacedChunk[] = []
          for (const [nth, { values, content }] of group.pages.entries()) {
            const from = to
            yield* content
            to += content.reduce((sum, part) => sum + part.length, 0)
            const unpacked = to - from
            placed.push({ kind: kinds[nth]!, from, to, dictionary: undefined, data: from, values, unpacked })
          }
          yield footerOfGroup(schema, group.rows, placed)
        },
      }
  }
}

/** Pages as they are. */
async function* pageGroups(
  { chunk }: HeldChunk,
  groups: readonly PageGroup[],
  { path, footer }: WideColumn,
  schema: Schema,
): AsyncGenerator<WideGroup> {
  const kind = kindFields(footer, chunk)
  for (const { from, to, dictionary, data, values, unpacked } of groups) {
    const shift = MAGIC.length - from
    const placed = {
      kind,
      from: from + shift,
      to: to + shift,
      dictionary: dictionary && dictionary + shift,
      data: data + shift,
      values,
      unpacked,
    }
    yield {
      rows: values,
      async *content() {
        yield MAGIC
        yield* createReadStream(path, { start: from, end: to - 1 })
        yield footerOfGroup(schema, values, [placed])
      },
    }
  }
}

/** Pages that are read at a time, and how many bytes DuckDB holds of them. */
interface PageGroup extends Omit<PlacedChunk, 'kind'> {
  readonly heldBytes: number
}

/** Pages of a chunk in groups of up to so many bytes, or of one page that has more. Those that need its dictionary stay with it. */
function groupsOf(pages: HeldChunk['pages'], most: number): readonly PageGroup[] {
  const lastOfDictionary = pages.findLastIndex(({ page }) => page.usesDictionary || page.isDictionary)
  const groups: PageGroup[] = []
  for (const [nth, { page, heldBytes }] of pages.entries()) {
    const before = groups.at(-1)
    const to = page.start + page.size
    const unpacked = page.unpacked + page.start - page.from
    const isNext = nth > lastOfDictionary && before !== undefined && before.heldBytes + heldBytes > most
    if (before === undefined || (isNext && before.values > 0)) {
      const dictionary = page.isDictionary ? page.from : undefined
      const data = page.isDictionary ? to : page.from
      groups.push({ from: page.from, to, dictionary, data, values: page.values, unpacked, heldBytes })
    } else {
      groups[groups.length - 1] = {
        ...before,
        to,
        values: before.values + page.values,
        unpacked: before.unpacked + unpacked,
        heldBytes: before.heldBytes + heldBytes,
      }
    }
  }
  return groups
}

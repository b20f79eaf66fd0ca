import { createHash } from 'node:crypto'
import { type Context, SyncError } from '@tidemark/core'
import { atPath, isRawNumber } from '@tidemark/http'
import { checkPart, type ParentPartition } from './parent-partition.ts'
import { type Row, readRows } from './read.ts'
import type { ParentRow, RestClient } from './rest-client.ts'
import { rowMaker } from './row-maker.ts'
import type { RestTable } from './table-config.ts'
import { fieldBelow, placeholdersIn } from './template.ts'

// What the databases take as part of a key, with room for the rest of it.
const MAX_ID_BYTES = 1000

/** The rows of a table's parent as its partitions. The parent is read once a run, whatever the number of its children. */
export async function listParts(context: Context<RestClient>, child: RestTable): Promise<readonly ParentPartition[]> {
  const { client } = context
  const parent = client.table(child.parent!.table)
  const { rows, broken } = await client.once(`rows ${parent.name}`, () => readParent(context, parent))
  const parts = new Map<string, ParentPartition>()
  const nameless = new Map<ParentPartition | undefined, number>()
  for (const row of rows) {
    const part = partOf(row, child)
    if (part === undefined) nameless.set(row.partition, (nameless.get(row.partition) ?? 0) + 1)
    // A list that moves may give a row twice: the later one is the newer.
    else parts.set(part.id, part)
  }
  for (const [partition, count] of nameless)
    addBroken(parts, brokenPart(child, partition, `(no ${child.parent!.key})`, noKey(child, count)))
  for (const { partition, problem } of broken) addBroken(parts, brokenPart(child, partition, '(not read)', problem))
  return [...parts.values()]
}

interface ParentRows {
  readonly rows: readonly ParentRow[]
  /** Partitions of the parent that could not be read. */
  readonly broken: readonly { readonly partition: ParentPartition | undefined; readonly problem: unknown }[]
}

async function readParent({ client, signal, log }: Context<RestClient>, parent: RestTable): Promise<ParentRows> {
  const fields = fieldsNeeded(client, parent)
  const partitions = parent.parent === undefined ? [undefined] : await listParts({ client, signal, log }, parent)
  // Only columns that the config gives another place or a time that is a number: the others are taken as they come.
  const make = rowMaker(
    parent,
    Object.keys(parent.columns).map((name) => ({ name, type: 'json' })),
  )
  const rows: ParentRow[] = []
  const broken: { partition: ParentPartition | undefined; problem: unknown }[] = []
  for (const partition of partitions) {
    const to = new Date().toISOString()
    const before = rows.length
    try {
      checkPart(partition)
      for await (const page of readRows(client, { table: parent, to, partition, signal, make }))
        for (const row of page) rows.push({ row: only(row, fields), partition })
    } catch (problem) {
      signal.throwIfAborted()
      if (!SyncError.is(problem)) throw problem
      rows.length = before
      broken.push({ partition, problem })
    }
  }
  // One that fails does so alone; where all do, nothing is known of the children.
  if (broken.length > 0 && broken.length === partitions.length) throw broken[0]!.problem
  return { rows, broken }
}

const only = (row: Row, fields: ReadonlySet<string>): Row =>
  Object.fromEntries(Object.entries(row ?? {}).filter(([name]) => fields.has(name)))

/** A row of the parent as a partition; undefined where it has nothing to be named by. */
function partOf({ row, partition }: ParentRow, child: RestTable): ParentPartition | undefined {
  const { key: name, revision } = child.parent!
  const key = keyOf(atPath(row, name))
  if (key === undefined) return undefined
  const changed = typeof revision === 'string' ? atPath(row, revision) : undefined
  const problem = problemOf(key)
  const id = partition === undefined ? key : `${partition.id}/${key}`
  return {
    id: problem === undefined ? id : idFor(id),
    table: child.parent!.table,
    key,
    row,
    revision: changed === undefined || changed === null ? undefined : revisionOf(changed),
    parent: partition,
    ...(problem === undefined ? {} : { problem: unfit(child, problem) }),
  }
}

/** A value that a partition can be named by, as it was written. */
function keyOf(value: unknown): string | undefined {
  if (isRawNumber(value)) return value.rawJSON
  return value === undefined || value === null || value === '' || typeof value === 'object' ? undefined : String(value)
}

/** A text that changes with a value of any kind, and that every database takes. */
function revisionOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, bigintText)
  const isPlain = text.length <= 100 && !text.includes('\0') && text.isWellFormed()
  return isPlain ? text : createHash('sha256').update(JSON.stringify(text)).digest('hex')
}

const bigintText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

function problemOf(key: string): string | undefined {
  if (key.includes('\0')) return 'contains a NUL, which no database accepts'
  if (!key.isWellFormed()) return 'is not well-formed Unicode'
  return Buffer.byteLength(key) > MAX_ID_BYTES ? `is longer than ${MAX_ID_BYTES} bytes` : undefined
}

/** What a partition is called whose key no database takes: the same for the same key. */
function idFor(key: string): string {
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16)
  return `${key.replaceAll('\0', '').toWellFormed().slice(0, 40).toWellFormed()} (${hash})`
}

/** Stands for rows of the parent whose children cannot be read. */
function brokenPart(
  child: RestTable,
  parent: ParentPartition | undefined,
  name: string,
  problem: unknown,
): ParentPartition {
  const id = parent === undefined ? name : `${parent.id}/${name}`
  return { id, table: child.parent!.table, key: '', row: {}, revision: undefined, parent, problem }
}

function addBroken(parts: Map<string, ParentPartition>, part: ParentPartition): void {
  let { id } = part
  while (parts.has(id)) id += '?'
  parts.set(id, { ...part, id })
}

function noKey({ name, parent }: RestTable, count: number): SyncError {
  const rows = count === 1 ? `a row of "${parent!.table}" has` : `${count} rows of "${parent!.table}" have`
  return new SyncError(
    `tables.${name}.parent.key: ${rows} no "${parent!.key}" that can name a partition, so Tidemark does not read their children; name a field that every row has`,
    'fix-config',
  )
}

function unfit({ name, parent }: RestTable, problem: string): SyncError {
  return new SyncError(
    `tables.${name}.parent.key: the "${parent!.key}" of a row of "${parent!.table}" ${problem}; name another field, or leave the row out with "params"`,
    'fix-config',
  )
}

/** The fields of a parent's rows that any table below it names: the rest need not stay in memory. */
function fieldsNeeded({ tables }: RestClient, parent: RestTable): ReadonlySet<string> {
  const below = tables.filter((table) => table.parent !== undefined)
  const texts = below.map((table) => JSON.stringify([table.path, table.params, table.body]))
  const named = texts
    .flatMap(placeholdersIn)
    .flatMap(({ name, field = '' }) => (name === 'tables' ? (fieldBelow(parent.name, field) ?? '') : field))
    .filter((field) => field !== '')
  const own = below.filter((table) => table.parent!.table === parent.name)
  const keys = own.flatMap(({ parent: above }) => [above!.key, above!.revision || []].flat())
  return new Set([...named, ...keys].map((path) => path.split('.')[0]!))
}

import { type Context, SyncError } from '@tidemark/core'
import { atPath } from '@tidemark/http'
import type { Part } from './part.ts'
import { type Row, readRows } from './read.ts'
import type { ParentRow, RestClient } from './rest-client.ts'
import { rowMaker } from './row-maker.ts'
import type { RestTable } from './table-config.ts'
import { placeholdersIn } from './template.ts'

/** The rows of a table's parent as its partitions. The parent is read once a run, whatever the number of its children. */
export async function listParts(context: Context<RestClient>, child: RestTable): Promise<readonly Part[]> {
  const { client } = context
  const parent = client.table(child.parent!.table)
  const rows = await client.once(`rows ${parent.name}`, () => readParent(context, parent))
  const parts = new Map<string, Part>()
  for (const row of rows) {
    const part = partOf(row, child)
    // A list that moves may give a row twice: the later one is the newer.
    parts.set(part.id, part)
  }
  return [...parts.values()]
}

async function readParent(
  { client, signal, log }: Context<RestClient>,
  parent: RestTable,
): Promise<readonly ParentRow[]> {
  const fields = fieldsNeeded(client, parent)
  const partitions = parent.parent === undefined ? [undefined] : await listParts({ client, signal, log }, parent)
  // Only columns that the config gives another place or a time that is a number: the others are taken as they come.
  const make = rowMaker(
    parent,
    Object.keys(parent.columns).map((name) => ({ name, type: 'json' })),
  )
  const found: ParentRow[] = []
  for (const partition of partitions) {
    const to = new Date().toISOString()
    for await (const rows of readRows(client, { table: parent, to, partition, signal, make }))
      for (const row of rows) found.push({ row: only(row, fields), partition })
  }
  return found
}

const only = (row: Row, fields: ReadonlySet<string>): Row =>
  Object.fromEntries(Object.entries(row ?? {}).filter(([name]) => fields.has(name)))

function partOf({ row, partition }: ParentRow, child: RestTable): Part {
  const { key, revision, table } = child.parent!
  const value = atPath(row, key)
  if (value === undefined || value === null || value === '' || typeof value === 'object')
    throw new SyncError(
      `tables.${child.name}.parent.key: a row of "${table}" has no "${key}" that a partition could be named by`,
      'fix-config',
    )
  const changed = revision === false ? undefined : atPath(row, revision ?? 'updated_at')
  return {
    id: partition === undefined ? String(value) : `${partition.id}/${String(value)}`,
    key: String(value),
    row,
    revision: changed === undefined || changed === null ? undefined : String(changed),
    parent: partition,
  }
}

/** The fields of a parent's rows that any table below it names: the rest need not stay in memory. */
function fieldsNeeded({ tables }: RestClient, parent: RestTable): ReadonlySet<string> {
  const below = tables.filter((table) => table.parent !== undefined)
  const texts = below.map((table) => JSON.stringify([table.path, table.params, table.body]))
  const named = texts.flatMap(placeholdersIn).flatMap(({ field }) => field ?? [])
  const own = below.filter((table) => table.parent!.table === parent.name)
  const keys = own.flatMap(({ parent: above }) => [above!.key, above!.revision || 'updated_at'])
  return new Set([...named, ...keys].map((path) => path.split('.')[0]!))
}

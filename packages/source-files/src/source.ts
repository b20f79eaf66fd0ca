import {
  type Column,
  type Context,
  defineSource,
  SyncError,
  suggestion,
  type Table,
  type Tracked,
} from '@tidemark/core'
import { Files } from './client.ts'
import { FilesConfig, type FileTable } from './config.ts'
import type { TableFile } from './listing.ts'
import { missing } from './missing.ts'
import { countRows } from './parquet-file.ts'
import { readFile } from './read.ts'
import { withPartitions } from './renamed.ts'
import { revisionOf } from './revision.ts'
import { rowSchema } from './row-schema.ts'
import { type Found, isText, sniff } from './sniff.ts'

export const files = defineSource({
  name: 'files',
  config: FilesConfig,
  connect: (config) => new Files(config),
})

/** Well within the time that the engine waits for an answer. */
const LONGEST_LOOK_MS = 45_000

/** The configured tables, with the columns that their files have now. */
export async function tablesOf(context: Context<Files> & { readonly tracked: Tracked }): Promise<Table<Files>[]> {
  // Asked a second time in a run, where the first took too long, it goes on with what is looked at by then.
  return await context.client.once('tables', () => findTables(context))
}

async function findTables({
  client,
  tracked,
  signal,
  log,
}: Context<Files> & { readonly tracked: Tracked }): Promise<Table<Files>[]> {
  const tables: Table<Files>[] = []
  const until = performance.now() + LONGEST_LOOK_MS
  const isLate = (): boolean => performance.now() > until
  let bytes = client.scanLimit
  for (const [at, table] of client.tables.entries()) {
    const known = tracked.columns(table.name)
    const listed = await withPartitions(await client.files(table), tracked.partitions?.(table.name), { signal, log })
    const lack = listed.length > 0 ? undefined : await missing(table, known !== undefined)
    if (lack !== undefined) {
      tables.push(tableOf(table, withKey(table, unseen(table, known)), listed, lack))
      continue
    }
    if (listed.length === 0) log.warn('no file matches', { table: table.name, path: table.path })
    const share = bytes / (client.tables.length - at)
    const found = await sniff({ client, table, signal, log, isLate }, listed, tracked, share)
    bytes -= share - found.remaining
    const slip = slipIn(table, found)
    if (slip !== undefined) {
      if (known === undefined) throw slip
      // It stays what it is, and fails alone.
      const before = { ...table, primaryKey: [...(tracked.primaryKey?.(table.name) ?? [])] }
      tables.push(tableOf(before, unseen(before, known), listed, slip))
      continue
    }
    const complete = withKey(table, found)
    if (complete.columns.length === 0 && found.error === undefined) {
      log.warn('the table has no columns yet, because its files have no rows', { table: table.name, path: table.path })
    } else {
      tables.push(tableOf(table, complete, listed, known === undefined && !found.hasValues ? found.error : undefined))
    }
  }
  return tables
}

/** What is known of a table whose files are not there. */
function unseen(table: FileTable, known: readonly Column[] = []): Found {
  const columns = known.map(({ name, type }) => ({ name, type, declared: Object.hasOwn(table.columns, name) }))
  return { columns, hasValues: false, remaining: 0, error: undefined }
}

/** Without a key as long as no file could show its columns: there is no table to check yet. */
function withKey(table: FileTable, found: Found): Found {
  return found.hasValues || absentKey(table, found) === undefined ? found : { ...found, columns: [] }
}

/** A column of the key that is not there. */
function absentKey({ primaryKey }: FileTable, { columns }: Pick<Found, 'columns'>): string | undefined {
  return primaryKey?.find((name) => !columns.some((column) => column.name === name))
}

/** What the config names and no file has. */
function slipIn(table: FileTable, found: Found): SyncError | undefined {
  const absent = absentKey(table, found)
  if (!found.hasValues || absent === undefined) return undefined
  const names = found.columns.map((column) => column.name)
  return new SyncError(
    `tables.${table.name}.primaryKey names "${absent}", which is not in any file of ${table.path}; ${suggestion(absent, names, 'columns')}`,
    'fix-config',
  )
}

function tableOf(
  table: FileTable,
  { columns }: Pick<Found, 'columns'>,
  listed: readonly TableFile[],
  broken: unknown,
): Table<Files> {
  const primaryKey = columns.length === 0 ? [] : (table.primaryKey ?? [])
  return files.table({
    name: table.name,
    row: rowSchema(
      columns.map((column) => (primaryKey.includes(column.name) ? { ...column, nullable: false } : column)),
      listed.some((file) => isText(table, file)),
    ),
    primaryKey,
    globalKey: table.globalKey && primaryKey.length > 0 ? true : undefined,
    partitions: files.partitions((): readonly TableFile[] => {
      // Nothing is known of the table, or its files cannot be had: its failure is the table's, not the source's.
      if (broken !== undefined) throw broken
      return listed
    }),
    revision: ({ partition, signal, previous }) => revisionOf(table, partition, signal, previous),
    countRows: ({ partition, client, signal }) => countRows(table, partition, client, signal),
    read: ({ client, partition, signal, log, binary }) =>
      readFile(partition, { client, table, columns, signal, log, binary }),
  })
}

import {
  type Context,
  type Feed,
  type Logger,
  type NullCursor,
  rowOf,
  SyncError,
  type Table,
  type Tracked,
} from '@tidemark/core'
import { type ChosenCursor, chooseCursor } from './choose-cursor.ts'
import { chooseTables } from './choose-tables.ts'
import { columnsFor, type ReadColumn } from './columns-for.ts'
import type { TableConfig } from './config.ts'
import { countsOf } from './counts.ts'
import { cursorFacts } from './cursor-facts.ts'
import type { Asked, Clock, NamedKeys, Reads, Row, Selected } from './database.ts'
import { failingTable } from './failing-table.ts'
import type { FoundTable } from './found-table.ts'
import { isGrown, isSeen } from './generation.ts'
import { keyRangesFor, keysIn } from './key-ranges.ts'
import { logFeed, retiredLogFeed } from './log-feed.ts'
import { loggedTables } from './logged-tables.ts'
import { columnOutOfSight, tablesOutOfSight } from './out-of-sight.ts'
import { plainNames } from './plain-names.ts'
import { type Client, sql } from './source.ts'
import { keyFor } from './table-key.ts'
import { valueBefore } from './value-before.ts'

interface Tables {
  readonly client: Client
  readonly tracked: Tracked
  readonly log: Logger
  readonly signal: AbortSignal
}

/** The tables that a database has now, each with the columns that it has now. */
export async function tablesOf(context: Finding): Promise<(Table<Client> | Feed<Client>)[]> {
  const { client, tracked, log, signal } = context
  const asksLog = client.config.replication === undefined ? undefined : client.log
  const since = await asksLog?.catalog.now(signal)
  const found = plainNames(await client.database.tables({ signal, log }), tracked)
  const chosen = chooseTables(found, { config: client.config, tracked, log, label: client.database.label })
  const outOfSight = await tablesOutOfSight(found, context)
  if (asksLog === undefined || since === undefined) {
    const retired = client.log === undefined ? [] : [retiredLogFeed]
    return [...(await cursorTables(chosen, context)), ...outOfSight, ...retired]
  }
  const { logged, refused } = await loggedTables(
    chosen.filter(({ kind }) => kind === 'table'),
    asksLog,
    { ...context, since, findAgain: (again) => tablesOf({ ...context, signal: again }) },
  )
  const views = await cursorTables(
    chosen.filter(({ kind }) => kind !== 'table'),
    context,
  )
  return [logFeed(logged), ...refused, ...views, ...outOfSight]
}

type Finding = Context<Client> & { readonly tracked: Tracked }

/** Tables that are read by a cursor, or whole. */
async function cursorTables(chosen: readonly FoundTable[], context: Finding): Promise<Table<Client>[]> {
  const { client, tracked, log, signal } = context
  // One look at the clock is enough for all: the zone of the database does not change within a run.
  let clock: Promise<Clock> | undefined
  const clockOnce = (): Promise<Clock> => {
    clock ??= client.database.clock({ signal, log })
    return clock
  }
  const tables: Table<Client>[] = []
  for (const table of chosen) {
    const problem = await columnOutOfSight(table, context)
    tables.push(
      problem === undefined
        ? await knownOrNew(table, tracked, () => tableOf(table, { client, tracked, log, signal }, clockOnce))
        : failingTable(table.name, tracked, problem),
    )
  }
  return tables
}

/** What the config gets wrong about a table that is synced already fails that table alone, which stays what it is. */
async function knownOrNew(
  { name }: FoundTable,
  tracked: Tracked,
  make: () => Promise<Table<Client>>,
): Promise<Table<Client>> {
  try {
    return await make()
  } catch (error) {
    if (!SyncError.is(error) || error.remedy !== 'fix-config' || tracked.columns(name) === undefined) throw error
    const problem = `${error.message} (once that line of the config is correct, the table continues where it was; no resync is needed)`
    return failingTable(name, tracked, new SyncError(problem, 'fix-config', { code: error.code, cause: error }))
  }
}

async function tableOf(table: FoundTable, context: Tables, clock: () => Promise<Clock>): Promise<Table<Client>> {
  const { client, tracked, log } = context
  const { config, database } = client
  const own = Object.hasOwn(config.tables, table.name) ? config.tables[table.name] : undefined
  const warn = (message: string): void => log.warn(`${table.name}: ${message}`)
  const isNew = tracked.columns(table.name) === undefined
  const hidden = (table.hidden ?? []).filter((name) => own?.columns[name] !== false)
  if (hidden.length > 0 && isNew)
    warn(
      `${hidden.join(', ')} cannot be read by this user and ${hidden.length === 1 ? 'is' : 'are'} left out; GRANT SELECT, or set columns: { ${JSON.stringify(hidden[0])}: false }`,
    )
  const primaryKey = await keyFor(table, { ...context, own, database, warn })
  // No database knows the key of a view, so only its user can say it; once is enough.
  if (table.kind === 'view' && primaryKey.length === 0 && isNew)
    warn(
      `it is a view, which has no key, so every run replaces all its rows; if columns identify a row, set tables: { ${JSON.stringify(table.name)}: { primaryKey: [ … ] } }`,
    )
  const columns = await withFills(table, columnsFor(table, primaryKey, own, context), context)
  const cursor = chooseCursor({
    table,
    columns: columns.map(({ column }) => column),
    keyed: primaryKey.length > 0,
    config,
    own,
    tracked,
    warn,
    indexStatement: (column) => database.indexStatement(table, column),
  })
  const facts = cursor === undefined ? undefined : await cursorFacts({ table, cursor, own, ...context, clock, isNew })
  const selected = columns.map(({ selected }) => selected)
  const nullCursor = nullCursorOf(cursor, primaryKey, own)
  const keyRanges = keyRangesFor(table, {
    cursor,
    primaryKey,
    columns: columns.map(({ column }) => column),
    own,
    warn: isNew ? warn : () => {},
  })
  return sql.table({
    name: table.name,
    // A row without its key does not count as one, whatever the database lets in.
    row: rowOf(
      columns.map(({ column }) => (primaryKey.includes(column.name) ? { ...column, nullable: false } : column)),
    ),
    primaryKey,
    // A row without a key that changed would come twice: who names a cursor there says that none does.
    ...(own?.immutable === true || (cursor !== undefined && primaryKey.length === 0) ? { immutable: true } : {}),
    ...(cursor === undefined ? {} : { deletions: 'unseen' as const }),
    ...(nullCursor === undefined ? {} : { nullCursor }),
    ...facts?.spec,
    ...findKeysOf(table, primaryKey, selected),
    ...countsOf(table, { cursor, nullCursor, bounds: facts?.bounds }),
    ...(cursor === undefined || own?.replaced === 'ignore' ? {} : generationFor(table)),
    ...keyRanges,
    read: ({ client: { database: from }, from: begin, to, keyRange, binary, signal, log: said }) => {
      const bounds = cursor === undefined || to === undefined ? undefined : facts?.bounds(begin, to)
      const cut = keyRanges.keyRanges?.column
      const keys = keyRange === undefined || cut === undefined ? undefined : keysIn(cut, keyRange)
      const reads: Reads = { table, columns: selected, bounds, keys, binary }
      return from.read(reads, { signal, log: said })
    },
  })
}

interface KeysQuestion extends Asked {
  readonly client: Client
  readonly keys: NamedKeys
}

/** Rows are looked for by their keys wherever they are, before they are called deleted. */
function findKeysOf(
  table: FoundTable,
  primaryKey: readonly string[],
  selected: readonly Selected[],
): { findKeys?: (question: KeysQuestion) => Promise<readonly Row[] | undefined> } {
  if (primaryKey.length === 0) return {}
  const key = primaryKey.map((name) => selected.find((column) => column.name === name)!)
  return {
    findKeys: ({ client: { database }, keys, signal, log }) => database.findKeys({ table, key, keys }, { signal, log }),
  }
}

/** Found with the table, before any row is read: data that is replaced meanwhile shows in the next run. */
function generationFor({ generation, schema }: FoundTable): Pick<Parameters<typeof sql.table>[0], 'generation'> {
  if (generation === undefined) return {}
  // Of what is neither in a schema nor in partitions, the file says how often it changed.
  const isRegrouped = schema === undefined ? isSeen : isGrown
  return {
    generation: ({ previous }) =>
      previous !== undefined && previous !== generation && isRegrouped(previous, generation)
        ? { generation, replaced: false }
        : generation,
  }
}

function nullCursorOf(
  cursor: ChosenCursor | undefined,
  primaryKey: readonly string[],
  own: TableConfig | undefined,
): NullCursor | undefined {
  if (cursor === undefined) return undefined
  return own?.nullCursor ?? (cursor.nullable && primaryKey.length > 0 ? 'keep' : undefined)
}

/** A column that is new in a known table: the rows that are synced by now get what those of the source hold in it. */
async function withFills(
  table: FoundTable,
  columns: readonly ReadColumn[],
  { client, tracked, log, signal }: Tables,
): Promise<readonly ReadColumn[]> {
  const known = tracked.columns(table.name)
  if (known === undefined) return columns
  const names = new Set(known.map(({ name }) => name))
  const filled: ReadColumn[] = []
  for (const one of columns) {
    const { column, selected } = one
    const before = names.has(column.name)
      ? undefined
      : await valueBefore(table, selected, { database: client.database, log, signal })
    filled.push(before === undefined ? one : { selected, column: { ...column, fill: before.value } })
  }
  return filled
}

import { type Column, type Context, keepTypes, type Logger, SyncError } from '@tidemark/core'
import { Kind, typeOfKinds } from '@tidemark/core/values'
import { names } from './check-tables.ts'
import { columnTypeOf } from './convert.ts'
import { kindOf } from './kind.ts'
import type { ParentPartition } from './parent-partition.ts'
import { listParts } from './parts.ts'
import { readRows } from './read.ts'
import type { RestClient } from './rest-client.ts'
import { declaredOf, rowMaker } from './row-maker.ts'
import type { RestTable } from './table-config.ts'

// What is looked at: of a new table more than of a known one, whose types are kept.
const NEW = { rows: 1000, pages: 5, parts: 5 }
const KNOWN = { rows: 200, pages: 1, parts: 2 }
const RECENT_MS = 7 * 86_400_000
/** No longer than the engine waits for an answer to a question. */
const LONGEST_WAIT_MS = 60_000

/**
 * So long the tables of an API wait for a look at the rows of one. The columns that a known one had are enough to read it, and
 * others are found then; a new one is listed without any, and found once more as soon as they are known.
 */
const PATIENCE_MS = 2000
/** So long the columns of a new table are waited for, when nothing else waits for it. */
export const NEW_PATIENCE_MS = 60_000

/** What the rows looked at have. */
export interface Look {
  /** Kinds of values, by name. */
  readonly kinds: ReadonlyMap<string, number>
  /** Why no row could be looked at. */
  readonly error: unknown
  /** The API has not answered yet. */
  readonly isLate?: true | undefined
}

export type Looking = Context<RestClient> & { readonly table: RestTable; readonly known: readonly Column[] | undefined }

/**
 * Looks at the rows of a table, and no longer than that keeps other tables of the API from being read: one whose endpoint is
 * silent is read with the columns that it had, or fails alone where it had none.
 */
export async function lookAt(looking: Looking, ms = PATIENCE_MS): Promise<Look> {
  const { client, table, known, log } = looking
  const late = Promise.withResolvers<Look>()
  const timer = setTimeout(() => {
    const problem = `its API returned no rows within ${ms / 1000} s`
    if (known !== undefined) log.debug('the columns could not be discovered in time', { table: table.name, problem })
    const error = new SyncError(problem, 'retry', { code: 'timeout' })
    late.resolve({ kinds: new Map(), error, isLate: true })
  }, ms)
  timer.unref()
  // It goes on, and whoever asks again in this run hears what came of it.
  const looked = client.once(`columns ${table.name}`, () => lookWhole(looking))
  looked.catch(() => {})
  try {
    return await Promise.race([looked, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function lookWhole({ table, known, ...context }: Looking): Promise<Look> {
  const kinds = new Map<string, number>()
  if (!table.infer) return { kinds, error: undefined }
  try {
    await look({ ...context, table, known }, (name, kind) => kinds.set(name, (kinds.get(name) ?? Kind.none) | kind))
    leaveOutNameless(kinds, table, context.log)
    return { kinds, error: undefined }
  } catch (error) {
    context.signal.throwIfAborted()
    if (!SyncError.is(error)) throw error
    // The table still has the columns it had: reading it will say the same, and belong to the table alone.
    if (known !== undefined)
      context.log.warn('the columns could not be discovered', { table: table.name, problem: error.message })
    return { kinds, error }
  }
}

/**
 * The columns of a table: those of its rows, those the state knows, those the config declares. A known type is kept while
 * it holds what is found, and grows without loss where it does not; a declared one wins.
 */
export function columnsOf(
  table: RestTable,
  kinds: ReadonlyMap<string, number>,
  known: readonly Column[] | undefined,
): readonly Column[] {
  const before = new Map(known?.map((column) => [column.name, column]))
  const found = [...kinds].map(([name, seen]) => ({
    name,
    type:
      typeOfKinds(seen, table.primaryKey?.includes(name) === true ? 'text' : 'json') ??
      before.get(name)?.type ??
      'text',
  }))
  const columns = new Map<string, Column>()
  for (const column of keepTypes(found, known)) columns.set(column.name, column)
  for (const column of known ?? []) if (!columns.has(column.name)) columns.set(column.name, column)
  for (const name of Object.keys(table.columns)) {
    const { type } = declaredOf(table, name)
    const now = type === undefined ? (columns.get(name)?.type ?? 'text') : columnTypeOf(type)
    columns.set(name, { name, type: now })
  }
  return [...columns.values()].map((column) => ({ ...column, fixed: before.get(column.name)?.fixed }))
}

/** A field whose name no column can have must not cost the table; its value can still be had under another name. */
function leaveOutNameless(kinds: Map<string, number>, { name: table }: RestTable, log: Logger): void {
  for (const name of kinds.keys()) {
    if (name !== '' && !name.includes('\0')) continue
    kinds.delete(name)
    log.warn(
      `tables.${table}: rows have a field whose name cannot be a column name, so it is left out; name it under columns: { nameless: { at: [${JSON.stringify(name)}] } }`,
    )
  }
}

type See = (name: string, kind: number) => void

async function look(looking: Looking, see: See): Promise<void> {
  const { client, table, known, signal, log } = looking
  const parts = await partsOf({ client, table, signal, log }, (known === undefined ? NEW : KNOWN).parts)
  const failures: unknown[] = []
  for (const partition of parts) {
    try {
      await lookInto(partition, looking, see)
    } catch (error) {
      signal.throwIfAborted()
      failures.push(error)
    }
  }
  // One that fails does so alone when it is read; the others say what rows look like.
  if (failures.length > 0 && failures.length === parts.length) throw failures[0]
}

async function lookInto(
  partition: ParentPartition | undefined,
  { client, table, known, signal }: Looking,
  see: See,
): Promise<void> {
  const limit = known === undefined ? NEW : KNOWN
  const make = rowMaker(
    table,
    Object.keys(table.columns).map((name) => ({ name, type: 'json' })),
  )
  // The newest rows say what a known table's look like now; those of a new one are looked at from both ends.
  const isBounded = table.cursor !== undefined && names(table, 'from')
  const starts = isBounded ? (known === undefined ? [undefined, recent()] : [recent()]) : [undefined]
  for (const from of starts) {
    const to = new Date().toISOString()
    let rows = 0
    let pages = 0
    for await (const page of readRows(client, {
      table,
      from,
      to,
      partition,
      signal,
      make,
      longestWaitMs: LONGEST_WAIT_MS,
      // A table that is known is read in any case, and asks for itself as often as it may.
      attempts: known === undefined ? undefined : 1,
      isGlance: true,
    })) {
      for (const row of page) seeRow(row, see)
      rows += page.length
      if (++pages >= limit.pages || rows >= limit.rows) break
    }
  }
}

const recent = (): string => new Date(Date.now() - RECENT_MS).toISOString()

async function partsOf(
  context: Context<RestClient> & { readonly table: RestTable },
  most: number,
): Promise<readonly (ParentPartition | undefined)[]> {
  const { table } = context
  if (table.parent === undefined) return [undefined]
  const parts = (await listParts(context, table)).filter(({ problem }) => problem === undefined)
  return parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.at(-1)]
}

function seeRow(row: unknown, see: See): void {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return
  for (const [name, value] of Object.entries(row)) see(name, kindOf(value))
}

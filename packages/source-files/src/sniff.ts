import { stat } from 'node:fs/promises'
import {
  type Column,
  type ColumnType,
  keepTypes,
  SyncError,
  suggestion,
  type Tracked,
  type TrackedPartition,
} from '@tidemark/core'
import { Kind, typeOfKinds } from '@tidemark/core/values'
import { atRest } from './at-rest.ts'
import { compressionOf } from './bytes.ts'
import { type FileTable, formatOf, minAgeOf } from './config.ts'
import { failure } from './invalid-file-error.ts'
import type { TableFile } from './listing.ts'
import { type Kinds, type Looking, lookInto } from './look.ts'
import type { Wanted } from './parquet.ts'
import { isUnchanged, stampOf } from './revision.ts'

// Beyond what is read as a whole, this is looked at: of many files a part, of each some rows.
const SAMPLED_FILES = 64
const SAMPLED_CELLS = 1_000_000
/** Rows may be so wide that a few of them are more than that, and the first row of all waits for it. */
const SAMPLED_BYTES = 256 * 1024 * 1024
/** What opening a file costs, in bytes of text that could be looked at in that time. */
const FILE_COST = 16 * 1024
/** More than any database takes; objects whose keys are data must not fill the memory. */
const MOST_COLUMNS = 10_000

/** What was found in a table's files. */
export interface Found {
  readonly columns: readonly Wanted[]
  /** Whether any file could be looked at and had at least a column. */
  readonly hasValues: boolean
  /** How much of the limit is left for other tables. */
  readonly remaining: number
  /** What was wrong with the first file that could not be looked at. */
  readonly error: unknown
}

/**
 * The columns of a table: those of its files, those that the state knows, those that the config declares. A known type
 * is kept while it holds what is found, and grows without loss; a declared one always wins. A file that was read and has
 * not changed is not looked at: what it has is known.
 *
 * @param bytes how much text of the others may be looked at.
 */
export async function sniff(
  looking: Looking,
  files: readonly TableFile[],
  tracked: Tracked,
  bytes: number,
): Promise<Found> {
  const { table } = looking
  const known = tracked.columns(table.name)
  const fresh = await freshOf(looking, files, known === undefined ? undefined : tracked.partitions?.(table.name))
  const kinds: Kinds = new Map()
  const { remaining, error } = await lookIntoAll(fresh, looking, kinds, bytes)
  leaveOutNameless(kinds, looking)
  const mixed = files.every((file) => isText(table, file)) ? 'text' : 'json'
  const types = new Map(known?.map((column) => [column.name, column.type]))
  warnOfEmpty(kinds, types, looking)
  warnOfSlips(kinds, types, looking)
  const found = [...kinds].map(([name, seen]) => ({
    name,
    type: typeOfKinds(seen, mixed, types.get(name)) ?? types.get(name) ?? 'text',
  }))
  // Rows had these below what was looked at. Nothing more is known of them, so they get the type that holds all.
  const late = (tracked.undeclared?.(table.name) ?? []).filter((name) => !kinds.has(name) && isName(name))
  const all = [...found, ...late.map((name) => ({ name, type: types.get(name) ?? mixed }))]
  return {
    columns: merged(all, known, table.columns),
    hasValues: kinds.size > 0 || fresh.length < files.length,
    remaining: remaining,
    error,
  }
}

/** The files that were not read yet, or are another way now. */
async function freshOf(
  { table, signal }: Looking,
  files: readonly TableFile[],
  before: ReadonlyMap<string, TrackedPartition> | undefined,
): Promise<readonly TableFile[]> {
  if (before === undefined) return files
  const fresh: TableFile[] = []
  for (const file of files) {
    signal.throwIfAborted()
    // Whatever is wrong with a file, looking into it finds it too.
    const isKnown = await isUnchanged(table, file, signal, before.get(file.id)?.revision).catch(() => false)
    if (!isKnown) fresh.push(file)
  }
  return fresh
}

/** Looks into files: the small ones whole, and as many as the limit allows; into samples of the others. */
async function lookIntoAll(
  files: readonly TableFile[],
  looking: Looking,
  kinds: Kinds,
  bytes: number,
): Promise<{ readonly remaining: number; readonly error: unknown }> {
  const { signal, log } = looking
  const { whole, sampled, spare } = await chosen(files, bytes)
  let left = bytes
  let cells = SAMPLED_CELLS
  let wide = SAMPLED_BYTES
  let error: unknown
  const looked = files.filter((file) => whole.has(file) || sampled.has(file))
  for (const [at, file] of looked.entries()) {
    try {
      const depth = {
        bytes: whole.has(file) ? left : spare / sampled.size,
        cells: Math.floor(cells / (looked.length - at)),
        most: Math.floor(wide / (looked.length - at)),
      }
      await atRest(file.path, minAgeOf(looking.table), signal)
      const stamp = await stampOf(file.path)
      const seen = await lookInto(file, looking, depth, kinds)
      if (seen.isWhole) looking.client.wholly.set(file.path, stamp)
      left = Math.max(0, left - seen.bytes - FILE_COST)
      cells = Math.max(0, cells - seen.cells)
      wide = Math.max(0, wide - seen.bytes)
    } catch (problem) {
      signal.throwIfAborted()
      const named = failure(file.path, problem)
      if (!SyncError.is(named)) throw named
      error ??= named
      log.warn('a file could not be read to find its columns', { file: file.path, problem: named.message })
    }
    if (kinds.size > MOST_COLUMNS) throw tooManyColumns(looking, file, kinds)
  }
  return { remaining: left, error }
}

interface Chosen {
  readonly whole: ReadonlySet<TableFile>
  readonly sampled: ReadonlySet<TableFile>
  /** What is left for the sampled ones. */
  readonly spare: number
}

/** The smallest files, as far as the limit goes; of the others some from the whole list, evenly, with the first and the last. */
async function chosen(files: readonly TableFile[], bytes: number): Promise<Chosen> {
  const sizes = await Promise.all(files.map(async (file) => ({ file, cost: await costOf(file) })))
  const whole = new Set<TableFile>()
  let spare = bytes
  for (const { file, cost } of sizes.sort((a, b) => a.cost - b.cost)) {
    if (cost > spare) break
    spare -= cost
    whole.add(file)
  }
  const others = files.filter((file) => !whole.has(file))
  if (others.length <= SAMPLED_FILES) return { whole, sampled: new Set(others), spare }
  const nth = (n: number): number => Math.round((n * (others.length - 1)) / (SAMPLED_FILES - 1))
  return { whole, sampled: new Set(Array.from({ length: SAMPLED_FILES }, (_, n) => others[nth(n)]!)), spare }
}

async function costOf({ path }: TableFile): Promise<number> {
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  // Of Parquet only the schema is looked at, and texts are compressed to a fifth or a tenth.
  return FILE_COST + (compressionOf(path) === undefined ? size : size * 8)
}

export function isText(table: FileTable, { path }: TableFile): boolean {
  try {
    return ['csv', 'tsv'].includes(formatOf(table, path))
  } catch {
    return true
  }
}

const isName = (name: string): boolean => name !== '' && !name.includes('\0')

/** A field whose name no column can have must not cost the table. */
function leaveOutNameless(kinds: Kinds, { log }: Looking): void {
  for (const name of kinds.keys()) {
    if (isName(name)) continue
    kinds.delete(name)
    log.warn('records have a field whose name cannot be a column name, so it is left out', {
      name: JSON.stringify(name),
    })
  }
}

/** A declared column that no file has may come later. One that is nearly called as theirs is a slip, and stays NULL. */
function warnOfSlips(kinds: Kinds, known: ReadonlyMap<string, ColumnType>, { table, log }: Looking): void {
  for (const name of Object.keys(table.columns)) {
    const near = kinds.has(name) || known.has(name) ? undefined : suggestion(name, [...kinds.keys()], 'columns')
    if (near?.startsWith('did you mean') === true)
      log.warn(`tables.${table.name}.columns names "${name}", which is not in any file; ${near}`, { path: table.path })
  }
}

/** A column of numbers that is text because of empty texts is probably one in which they mean NULL. */
function warnOfEmpty(kinds: Kinds, known: ReadonlyMap<string, ColumnType>, { table, log }: Looking): void {
  for (const [name, seen] of kinds) {
    const type = typeOfKinds(seen & ~Kind.empty, 'text')
    if ((seen & Kind.empty) === 0 || type === undefined || type === 'text') continue
    if (known.get(name) === 'text' || Object.hasOwn(table.columns, name)) continue
    log.warn(
      `a column would be ${type}, but some of its values are empty texts in quotes, so it is text; to read them as NULL, set tables.${table.name}.quotedNulls to true`,
      { table: table.name, column: name },
    )
  }
}

function tooManyColumns({ table }: Looking, file: TableFile, kinds: Kinds): SyncError {
  const names = [...kinds.keys()].slice(-3).map((name) => JSON.stringify(name))
  return new SyncError(
    `the records of tables.${table.name} have more than ${MOST_COLUMNS} different fields, such as ${names.join(', ')} (file ${file.path}): field names seem to contain data; put such fields into one object`,
    'fix-config',
  )
}

function merged(
  found: readonly Column[],
  known: readonly Column[] | undefined,
  declared: Readonly<Record<string, ColumnType>>,
): Wanted[] {
  const columns = new Map<string, Wanted>()
  // In the order that the state has: in another one the table would be another one, and all files read again.
  for (const { name, type } of known ?? []) columns.set(name, { name, type, declared: false })
  for (const { name, type } of keepTypes(found, known)) columns.set(name, { name, type, declared: false })
  for (const [name, type] of Object.entries(declared)) columns.set(name, { name, type, declared: true })
  return [...columns.values()]
}

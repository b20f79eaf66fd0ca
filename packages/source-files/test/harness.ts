import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Column, SyncError, type Table, type TrackedPartition } from '@tidemark/core'
import { onTestFinished } from 'vitest'
import { Files } from '../src/client.ts'
import { FilesConfig } from '../src/config.ts'
import type { TableFile } from '../src/listing.ts'
import { tablesOf } from '../src/source.ts'

export type Row = Record<string, unknown>
export type TablesInput = Record<string, Record<string, unknown>>

/** A temporary folder that goes with the test. */
export class Folder {
  readonly path: string = mkdtempSync(path.join(tmpdir(), 'files-test-'))

  constructor() {
    onTestFinished(() => rmSync(this.path, { recursive: true, force: true }))
  }

  write(name: string, content: string | Uint8Array): string {
    const target = path.join(this.path, name)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, content)
    return target
  }

  at(name: string): string {
    return path.join(this.path, name)
  }
}

interface Warning {
  readonly message: string
  readonly fields: object | undefined
}

export interface Opened {
  readonly client: Files
  readonly tables: readonly Table<Files>[]
  readonly warnings: readonly Warning[]
  table(name?: string): Table<Files>
  files(name?: string): Promise<readonly TableFile[]>
  read(name?: string, file?: string, signal?: AbortSignal): Promise<Row[]>
  types(name?: string): Record<string, string>
}

/** What the state would say of tables beside their columns. */
export interface State {
  readonly partitions?: ReadonlyMap<string, TrackedPartition>
  readonly undeclared?: readonly string[]
}

/** Opens the source as the engine does, on the given tables; `known` and `state` are what the state would say. */
export async function open(
  tables: TablesInput,
  known: Record<string, readonly Column[]> = {},
  state: State = {},
  config: Record<string, unknown> = {},
): Promise<Opened> {
  const warnings: Warning[] = []
  const log = {
    debug() {},
    info() {},
    warn: (message: string, fields?: object) => void warnings.push({ message, fields }),
  }
  // Files that a test has just written are not waited for, unless it is about that.
  const now = Object.entries(tables).map(([name, table]) => [name, { minAge: '0s', ...table }])
  const client = new Files(FilesConfig.parse({ ...config, tables: Object.fromEntries(now) }))
  onTestFinished(() => client.close())
  const { signal } = new AbortController()
  const context = { client, signal, log }
  const found = await tablesOf({
    ...context,
    tracked: {
      columns: (name) => (Object.hasOwn(known, name) ? known[name] : undefined),
      partitions: () => state.partitions,
      undeclared: () => state.undeclared ?? [],
    },
  })
  const table = (name?: string): Table<Files> => {
    const one = name === undefined ? found[0] : found.find((candidate) => candidate.name === name)
    if (one === undefined) throw new Error(`no table ${name}: ${JSON.stringify(warnings)}`)
    return one
  }
  const files = async (name?: string) => [...((await table(name).partitions!.list(context)) as Iterable<TableFile>)]
  return {
    client,
    tables: found,
    warnings,
    table,
    files,
    types: (name) => Object.fromEntries(table(name).columns.map((column) => [column.name, column.type])),
    async read(name, file, given = signal) {
      const rows: Row[] = []
      for (const partition of await files(name)) {
        if (file !== undefined && partition.id !== file) continue
        const question = { client, partition, signal: given, log } as unknown as Parameters<Table['read']>[0]
        for await (const page of table(name).read(question)) rows.push(...(page as Row[]))
      }
      return rows
    },
  }
}

/** What the engine would do with rows: those that fit the schema, and those that it refuses. */
export function judged(opened: Opened, rows: readonly Row[], name?: string): { good: Row[]; bad: Row[] } {
  const { row } = opened.table(name)
  const isGood = (one: Row): boolean => row.safeParse(one).success
  return { good: rows.filter(isGood), bad: rows.filter((one) => !isGood(one)) }
}

/** The columns of a table as the state would give them back in the next run. */
export function remembered(opened: Opened, name?: string): readonly Column[] {
  return opened.table(name).columns.map((column) => ({ name: column.name, type: column.type }))
}

/** The partitions as the state would have them after a sync. */
export async function committed(opened: Opened, removed = false): Promise<ReadonlyMap<string, TrackedPartition>> {
  const found = new Map<string, TrackedPartition>()
  for (const [at, file] of (await opened.files()).entries())
    found.set(file.id, { revision: (await revision(opened, at)) as string, removed })
  return found
}

export async function revision(opened: Opened, file = 0, previous?: string): Promise<unknown> {
  const partition = (await opened.files())[file]
  const question = { client: opened.client, partition, previous, signal: new AbortController().signal, log: console }
  return opened.table().revision!(question as never)
}

/** Opens one table, `t`, of one file. */
export async function opened(
  name: string,
  content: string | Uint8Array,
  more: Record<string, unknown> = {},
): Promise<Opened> {
  const folder = new Folder()
  folder.write(name, content)
  return open({ t: { path: folder.at(name), ...more } })
}

/** The error that work must end in. */
export async function errorOf(work: Promise<unknown>): Promise<SyncError> {
  const error = await work.then(
    () => undefined,
    (problem: unknown) => problem,
  )
  if (!SyncError.is(error)) throw new Error('no SyncError', { cause: error })
  return error
}

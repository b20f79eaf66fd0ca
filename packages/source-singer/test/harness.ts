import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column, Logger, RowSchema, Tracked } from '@tidemark/core'
import { asChange, asCheckpoint, columnsOf, type Feed, type Table } from '@tidemark/core/engine'
import { onTestFinished } from 'vitest'
import source from '../src/index.ts'

export const TAP = [process.execPath, join(import.meta.dirname, 'taps/tap.js')]

/** A stream of a catalog whose rows have a key `id`. */
export function stream(name: string, properties: object = {}, more: object = {}): object {
  const schema = { type: 'object', properties: { id: { type: 'integer' }, ...properties } }
  return { tap_stream_id: name, stream: name, key_properties: ['id'], schema, metadata: [], ...more }
}
export const catalog = (...streams: object[]): object => ({ streams })
export const schema = (name: string, properties: object = {}, key: readonly string[] = ['id']): object => ({
  type: 'SCHEMA',
  stream: name,
  schema: { type: 'object', properties: { id: { type: 'integer' }, ...properties } },
  key_properties: key,
})
export const record = (name: string, row: object): object => ({ type: 'RECORD', stream: name, record: row })
export const state = (value: unknown): object => ({ type: 'STATE', value })

/** What a test writes of the config; the tap is the one of `taps/tap.js` where it names no other. */
export type Config = Record<string, unknown>

export interface Logged {
  readonly level: 'debug' | 'info' | 'warn'
  readonly message: string
}

export interface Opened {
  readonly tables: readonly Table[]
  readonly log: readonly Logged[]
  /** Column types of a table, by name. */
  columns(table: string): Record<string, string>
  /** Asks for the tables once more, as the engine does where they changed. */
  findAgain(): Promise<void>
  /** Everything that the feed yields from an offset on, shortened for comparisons. */
  read(state?: string): Promise<readonly unknown[]>
  /** The same, with what it failed with at the end. */
  readUntilFailure(state?: string): Promise<{ readonly told: readonly unknown[]; readonly error: unknown }>
}

/** What the state knows of tables, by name. */
export type Known = Readonly<Record<string, { readonly columns: readonly Column[]; readonly key?: readonly string[] }>>

/** Opens the source as the engine does in one run. */
export async function open(config: Config, known: Known = {}): Promise<Opened> {
  const parsed = source.config!.parse({ command: TAP, ...config })
  const log: Logged[] = []
  const logger: Logger = {
    debug: (message) => log.push({ level: 'debug', message }),
    info: (message) => log.push({ level: 'info', message }),
    warn: (message) => log.push({ level: 'warn', message }),
  }
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const context = { signal: stop.signal, log: logger }
  const client = await source.connect!(parsed as never, context)
  const [feed] = source.tables as readonly Feed[]
  const tracked: Tracked = {
    columns: (name) => known[name]?.columns,
    tables: () => Object.keys(known),
    primaryKey: (name) => known[name]?.key ?? (known[name] === undefined ? undefined : []),
  }
  const find = feed!.tables as unknown as (question: object) => Promise<Iterable<{ readonly table: Table }>>
  const tables: Table[] = []
  const findAgain = async (): Promise<void> => {
    tables.splice(0, tables.length, ...[...(await find({ ...context, client, tracked }))].map(({ table }) => table))
  }
  await findAgain()
  const readUntilFailure = async (from?: string) => {
    const told: unknown[] = []
    const offset = from === undefined ? undefined : feed!.offset.parse({ state: from })
    try {
      for await (const one of feed!.read({ ...context, client, offset } as never)) told.push(shown(one))
      return { told, error: undefined }
    } catch (error) {
      return { told, error }
    }
  }
  return {
    tables,
    log,
    columns: (name) => typesOf(tables.find((table) => table.name === name)!.row),
    findAgain,
    readUntilFailure,
    async read(from) {
      const { told, error } = await readUntilFailure(from)
      if (error !== undefined) throw error
      return told
    },
  }
}

const typesOf = (row: Table['row']): Record<string, string> =>
  Object.fromEntries(columnsOf(row as RowSchema).map(({ name, type }) => [name, type]))

/** A change or a checkpoint in a few words. */
function shown(value: unknown): unknown {
  const checkpoint = asCheckpoint(value)
  if (checkpoint !== undefined) return { state: (checkpoint.offset as { readonly state: string }).state }
  const change = asChange(value)!
  if (change.kind === 'upserted') return { [change.table]: change.rows }
  if (change.kind === 'deleted') return { [change.table]: 'deleted', keys: change.keys }
  if (change.kind === 'schema-changed') return { [change.table]: 'columns', types: typesOf(change.row) }
  return { [change.table]: change.kind }
}

/** An empty folder that is removed after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'source-singer-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

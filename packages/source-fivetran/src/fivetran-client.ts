import { findPython, pythonEnvironment } from '@tidemark/child-process'
import { type Context, type FeedTable, type Logger, type RowSchema, SyncError, type Tracked } from '@tidemark/core'
import type { FivetranConfig } from './config.ts'
import { connectorFolder } from './connector-folder.ts'
import { ConnectorProcess } from './connector-process.ts'
import { ConnectorSession } from './connector-session.ts'
import { type DeclaredTable, declaredTables } from './declared-table.ts'
import type { RowOperation } from './operation.ts'
import { TableShape } from './table-shape.ts'

type Asking = Pick<Context<unknown>, 'log' | 'signal'>
export type FivetranTable = FeedTable<FivetranClient, RowSchema, readonly string[]>

const OLDEST_PYTHON = '3.9'

/** What one run knows of a connector: its Python, its tables as far as they were seen, and its process while that runs. */
export class FivetranClient {
  readonly config: FivetranConfig
  readonly shapes = new Map<string, TableShape>()
  /** The tables that the engine was given, with the version of their columns. */
  readonly found = new Map<string, { readonly table: FivetranTable; readonly version: number }>()
  /** Answers the connector's checkpoint. */
  acknowledged: (() => void) | undefined
  readonly #log: Logger
  readonly #signal: AbortSignal
  readonly #once = new Map<string, Promise<unknown>>()
  #parked: ConnectorSession | undefined
  #declared: readonly DeclaredTable[] = []

  constructor(config: FivetranConfig, { log, signal }: Asking) {
    this.config = config
    this.#log = log
    this.#signal = signal
  }

  /** Runs update() from a state, or continues with the run that was parked at this state. */
  async session(state: string): Promise<ConnectorSession> {
    const parked = this.#parked
    this.#parked = undefined
    if (parked?.state === state) return parked
    await parked?.[Symbol.asyncDispose]()
    return new ConnectorSession(await this.#start('update', state), state)
  }

  /** Keeps a run for the next who asks for its state. */
  async park(session: ConnectorSession): Promise<void> {
    await this.#parked?.[Symbol.asyncDispose]()
    this.#parked = session
  }

  /** Learns what schema() and the state say of the tables, once a run. */
  async learn(tracked: Tracked): Promise<void> {
    this.#declared = await this.#keep('schema', () => this.#schema())
    const known = tracked.tables?.() ?? []
    for (const name of new Set([...this.#declared.map((one) => one.name), ...known])) {
      if (this.shapes.has(name)) continue
      const columns = tracked.columns(name)
      const before = columns && { columns, primaryKey: tracked.primaryKey?.(name) ?? [] }
      this.shapes.set(name, new TableShape(name, this.#declarationOf(name), before))
    }
  }

  /** Takes in the rows of operations. */
  see(operations: readonly RowOperation[]): void {
    const seen = new Set<TableShape>()
    for (const { kind, table, row } of operations) {
      if (kind === 'truncate' || (kind === 'delete' && !this.shapes.has(table))) continue
      const shape = this.shapes.get(table) ?? new TableShape(table, this.#declarationOf(table))
      this.shapes.set(table, shape)
      shape.see(row)
      seen.add(shape)
    }
    for (const shape of seen) shape.decideTypes()
  }

  async close(): Promise<void> {
    await this.#parked?.[Symbol.asyncDispose]()
    this.#parked = undefined
  }

  #declarationOf(name: string): DeclaredTable | undefined {
    return this.#declared.find((one) => one.name === name)
  }

  async #schema(): Promise<readonly DeclaredTable[]> {
    const folder = await this.#folder()
    await using process = await this.#start('schema', '{}')
    for await (const { operations } of process.operations()) {
      for (const operation of operations)
        if (operation.kind === 'schema') return declaredTables(operation.tables, folder.subject)
    }
    throw new SyncError(`${folder.subject}: schema() gave no answer`, 'fix-source')
  }

  async #start(verb: 'schema' | 'update', state: string): Promise<ConnectorProcess> {
    const folder = await this.#folder()
    const python = await this.#keep('python', () => this.#python())
    const [log, signal] = [this.#log, this.#signal]
    return await ConnectorProcess.start({ folder, config: this.config, python, verb, state, log, signal })
  }

  #folder() {
    return this.#keep('folder', () => connectorFolder(this.config))
  }

  async #python(): Promise<string> {
    const { path, subject, requirements, secrets } = await this.#folder()
    const signal = this.#signal
    const asked = { command: this.config.python, from: OLDEST_PYTHON, subject, setting: 'config.python', signal }
    const python = await findPython(asked)
    if (requirements.length === 0) return python.path
    const log = this.#log
    const onLog = (line: string): void => (line.startsWith('installing ') ? log.info(line) : log.debug(line))
    return (await pythonEnvironment({ python, requirements, folder: path, subject, secrets, onLog, signal })).python
  }

  /** What work gives, done once a run; one that fails is done again. */
  async #keep<T>(what: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#once.get(what) as Promise<T> | undefined) ?? work()
    this.#once.set(what, done)
    try {
      return await done
    } catch (error) {
      this.#once.delete(what)
      throw error
    }
  }
}

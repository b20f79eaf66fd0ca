import {
  type Change,
  type Checkpoint,
  type Context,
  columnsChanged,
  defineSource,
  type Logger,
  type Tracked,
} from '@tidemark/core'
import { abortable } from '@tidemark/core/values'
import { changesOfTable } from './changes-of-table.ts'
import { FivetranConfig } from './config.ts'
import type { ConnectorSession } from './connector-session.ts'
import { FivetranClient, type FivetranTable } from './fivetran-client.ts'
import type { Operation, RowOperation } from './operation.ts'
import { offsetOf, StateOffset, stateText } from './state-offset.ts'

export const fivetran = defineSource({
  name: 'fivetran',
  config: FivetranConfig,
  connect: (config, context) => new FivetranClient(config, context),
})
const feed = fivetran.feed({ name: 'connector', offset: StateOffset })

/** So much is looked at to learn the tables and the types of their columns before the first row is handed over. */
const LOOK = { operations: 10_000, characters: 8_000_000, ms: 45_000 }

type Yielded = Change<FivetranClient> | Checkpoint<StateOffset>
type Reading = Context<FivetranClient> & { readonly offset: StateOffset | undefined }
interface Run {
  readonly client: FivetranClient
  readonly session: ConnectorSession
  readonly signal: AbortSignal
}

/** The connector's tables: those that schema() declares and the state knows, and, of a new connector, those of its first rows. */
async function tablesOf({
  client,
  tracked,
  signal,
  log,
}: Context<FivetranClient> & { readonly tracked: Tracked }): Promise<readonly FivetranTable[]> {
  await client.learn(tracked)
  const known = tracked.tables?.() ?? []
  // Nothing is known yet, or no more after a full resync: most connectors leave their columns, many their tables to be found in their rows.
  const isUnknown = known.length === 0 || known.some((name) => client.shapes.get(name)?.isComplete === false)
  if (isUnknown && ![...client.shapes.values()].some(({ isSeen }) => isSeen)) {
    const session = await client.session(stateText(undefined))
    await using stack = new AsyncDisposableStack()
    stack.use(session)
    await lookAhead({ client, session, signal })
    if (await isKeptAsIs(client, session)) stack.move()
  }
  client.found.clear()
  for (const { isComplete, name, row, primaryKey, version } of client.shapes.values()) {
    if (!isComplete) continue
    const table = feed.table({ name, row, primaryKey }) as FivetranTable
    client.found.set(name, { table, version })
  }
  sayWhatIsMissing(client, log)
  return [...client.found.values()].map(({ table }) => table)
}

function sayWhatIsMissing({ shapes }: FivetranClient, log: Logger): void {
  const names = [...shapes.values()].filter(({ isComplete }) => !isComplete).map(({ name }) => name)
  if (names.length > 0) log.debug('declared tables without rows and without types of their keys', { tables: names })
}

/** Looks at what the connector says next, until it waits, ends or has said much. */
async function lookAhead({ client, session, signal }: Run): Promise<void> {
  const until = performance.now() + LOOK.ms
  for (let [count, size] = [0, 0]; count < LOOK.operations && size < LOOK.characters; ) {
    const isReady = await abortable(session.isReady(until - performance.now()), signal)
    if (!isReady) return
    const list = await session.next()
    if (list === undefined) return
    client.see(list.operations.filter(isOfRows))
    count += list.operations.length
    size += list.size
    if (list.operations.at(-1)?.kind === 'checkpoint') return
  }
}

/** What was looked at will be read again: from memory, or by another run where it is too much. */
async function isKeptAsIs(client: FivetranClient, session: ConnectorSession): Promise<boolean> {
  if (!session.rewind()) return false
  await client.park(session)
  return true
}

async function* readChanges({ client, offset, signal }: Reading): AsyncGenerator<Yielded> {
  const session = await client.session(stateText(offset))
  await using stack = new AsyncDisposableStack()
  stack.use(session)
  const run: Run = { client, session, signal }
  const versions = new Map([...client.found].map(([name, { version }]) => [name, version]))
  // Whether something was yielded that no checkpoint covers.
  let isOpen = false
  for (;;) {
    const list = await abortable(session.next(), signal)
    if (list === undefined) break
    const rows = list.operations.filter(isOfRows)
    client.see(rows)
    const unknown = rows.find(({ kind, table }) => (kind === 'upsert' || kind === 'update') && !client.found.has(table))
    const last = list.operations.at(-1)
    if (unknown !== undefined) {
      if (last?.kind !== 'checkpoint') await lookAhead(run)
      if (await isKeptAsIs(client, session)) stack.move()
      throw columnsChanged(`table "${unknown.table}" is new`)
    }
    for (const [name, own] of Map.groupBy(rows, ({ table }) => table)) {
      const table = client.found.get(name)?.table
      const shape = client.shapes.get(name)
      // Of a table that never had a row nothing can be deleted.
      if (table === undefined || shape === undefined) continue
      isOpen = true
      if (versions.get(name) !== shape.version) yield table.schemaChanged(shape.row)
      versions.set(name, shape.version)
      yield* changesOfTable(table, shape, own)
    }
    if (last?.kind !== 'checkpoint') continue
    isOpen = false
    yield* committed(run, last.state)
  }
  // What came after the last checkpoint is whole: update() has returned. Its state stays what it was.
  if (isOpen) yield feed.checkpoint(offsetOf(session.state))
}

/** Yields a checkpoint, and lets the connector continue once it is committed. */
async function* committed({ client, session, signal }: Run, state: string): AsyncGenerator<Yielded> {
  const done = Promise.withResolvers<void>()
  client.acknowledged = () => done.resolve()
  yield feed.checkpoint(offsetOf(state), { waits: true })
  await abortable(done.promise, signal)
  client.acknowledged = undefined
  await session.committed(state)
}

const isOfRows = (operation: Operation): operation is RowOperation => 'table' in operation

export const connectorFeed = feed.of(tablesOf, {
  read: readChanges,
  acknowledge: ({ client }) => client.acknowledged?.(),
  opaque: true,
  // By `config.silenceSeconds`, for which log lines count.
  watchesSilence: true,
})

import { type Change, type Checkpoint, type Context, columnsChanged, SyncError } from '@tidemark/core'
import { resumes } from './bookmark.ts'
import type { SingerClient } from './client.ts'
import { excerptOf, type Message, parseMessage } from './message.ts'
import { tapFeed } from './singer.ts'
import type { StreamTable } from './stream-table.ts'
import { tableNameOf } from './table-name.ts'

type TapOffset = { readonly state: string }
type Told = Change<SingerClient> | Checkpoint<TapOffset>

/** Lines of the tap's output that are logged though they are not messages. */
const MAX_LINES_LOGGED = 5

/** Runs a tap from a state on, and yields what it sends. */
export async function* readTap(
  context: Context<SingerClient> & { readonly offset: TapOffset | undefined },
): AsyncGenerator<Told> {
  const { client, offset } = context
  const selection = await client.selection(context)
  const state = offset === undefined || offset.state === '' ? undefined : offset.state
  const reading = new Reading(context, state)
  for await (const lines of client.tap.sync({ ...context, catalog: selection?.text, state })) {
    for (const line of lines) for (const one of reading.take(line)) yield one
  }
  for (const one of reading.end()) yield one
}

/** One run of a tap. */
class Reading {
  readonly #client: SingerClient
  readonly #tables: SingerClient['tables']
  readonly #log: Context<SingerClient>['log']
  /** The state that it was given. */
  readonly #from: string | undefined
  #state: string
  /** Streams whose rows are all sent by this run. */
  readonly #snapshots = new Set<StreamTable>()
  /** Streams of which a message came, and those of which a record did. */
  readonly #begun = new Set<StreamTable>()
  readonly #sent = new Set<StreamTable>()
  readonly #ignored = new Set<string>()
  #otherLines = 0

  constructor({ client, log }: Context<SingerClient>, from: string | undefined) {
    this.#client = client
    this.#tables = client.tables
    this.#log = log
    this.#from = from
    this.#state = from ?? ''
    for (const table of this.#tables.values()) table.discard()
  }

  take(line: string): readonly Told[] {
    const message = parseMessage(line)
    switch (message?.type) {
      case 'RECORD': {
        const table = this.#tableOf(message.stream)
        if (table === undefined) return this.#unknown(message.stream)
        if (this.#sent.has(table)) return table.takeRecord(message.record)
        this.#sent.add(table)
        return [...this.#begin(table), ...table.takeRecord(message.record)]
      }
      case 'SCHEMA':
        return this.#schema(message)
      case 'STATE':
        this.#state = message.state
        return [...this.#flush(), tapFeed.checkpoint({ state: this.#state })]
      case 'BATCH':
        throw new SyncError(
          `${this.#client.tap.subject} sends stream "${message.stream}" in files (BATCH), which Tidemark does not read; remove "batch_config" from config.config, so that the tap sends records`,
          'fix-config',
          { code: 'tap-batch' },
        )
      case 'ACTIVATE_VERSION':
        return this.#activate(message.stream)
      case undefined:
        return this.#other(line)
    }
  }

  /** The tap ended with exit code 0. */
  end(): readonly Told[] {
    const ended = [...this.#snapshots].map(({ table }) => table.snapshotEnded())
    if (this.#otherLines > 0)
      this.#log.warn(`${this.#otherLines} lines of the tap’s output are not messages of Singer`, {
        tap: this.#client.tap.name,
      })
    return [...this.#flush(), ...ended, tapFeed.checkpoint({ state: this.#state })]
  }

  #schema({ stream, schema, key }: Message & { readonly type: 'SCHEMA' }): readonly Told[] {
    const table = this.#tableOf(stream)
    if (table === undefined) {
      this.#checkShared(stream)
      if (this.#isLeftOut(stream)) return this.#ignore(stream)
      this.#client.found.set(stream, { schema, key })
      throw columnsChanged(
        `${this.#client.tap.subject} sends stream "${stream}", which is not in its catalog; declare it in the config: streams: { ${JSON.stringify(stream)}: { primaryKey: ${JSON.stringify(key)} } }`,
      )
    }
    this.#checkKey(table, key)
    return [...this.#begin(table), ...table.takeSchema(schema)]
  }

  #checkKey(table: StreamTable, key: readonly string[]): void {
    const { stream } = table
    const isSame = key.length === stream.key.length && key.every((name) => stream.key.includes(name))
    if (isSame || stream.options.primaryKey !== undefined) return
    const shown = (names: readonly string[]): string => (names.length === 0 ? 'no key' : `the key ${names.join(', ')}`)
    throw new SyncError(
      `${this.#client.tap.subject} sends stream "${stream.name}" with ${shown(key)}, and its table has ${shown(stream.key)}; set config.streams.${stream.name}.primaryKey to the key that its rows have`,
      'fix-config',
      { code: 'tap-key' },
    )
  }

  /** With the first message of a stream that the tap sends whole: rows that do not come were deleted. */
  #begin(table: StreamTable): readonly Told[] {
    if (this.#begun.has(table)) return []
    this.#begun.add(table)
    const { name, method } = table.stream
    if (method !== 'FULL_TABLE') return []
    if (!resumes(this.#from, table.stream)) return this.#startSnapshot(table)
    this.#log.info('the tap resumes this stream, so rows that were deleted are found by its next whole read', {
      stream: name,
    })
    return []
  }

  /**
   * Taps send it before, after or without the rows that it is about, so the end of the run decides whether all were sent. Only
   * of a log it says more: one that begins with a new version begins with all rows that there are, others with the next change.
   */
  #activate(stream: string): readonly Told[] {
    const table = this.#tableOf(stream)
    if (table?.stream.method !== 'LOG_BASED' || this.#sent.has(table) || this.#snapshots.has(table)) return []
    return resumes(this.#from, table.stream) ? [] : this.#startSnapshot(table)
  }

  #startSnapshot(table: StreamTable): readonly Told[] {
    this.#snapshots.add(table)
    return [table.table.snapshotStarted()]
  }

  #tableOf(stream: string): StreamTable | undefined {
    const table = this.#tables.get(stream)
    if (table !== undefined || this.#client.isInCatalog(stream)) return table
    // The state knows a stream without a catalog by the name of its table.
    return this.#tables.get(tableNameOf(stream))
  }

  #flush(): readonly Told[] {
    return [...this.#begun].flatMap((table) => table.flush())
  }

  #unknown(stream: string): readonly Told[] {
    this.#checkShared(stream)
    if (this.#isLeftOut(stream)) return this.#ignore(stream)
    throw new SyncError(
      `${this.#client.tap.subject} sends a record of stream "${stream}" before its schema; report it to the tap’s author`,
      'fix-source',
      { code: 'tap-message' },
    )
  }

  /** Two streams of the same short name cannot be told apart where the tap uses that alone. */
  #checkShared(name: string): void {
    const sharing = new Set([...this.#tables.values()].filter(({ stream }) => stream.messageNames.includes(name)))
    if (sharing.size < 2) return
    const names = [...sharing].map(({ stream }) => stream.name)
    throw new SyncError(
      `${this.#client.tap.subject} sends the streams ${names.join(' and ')} under the same name, "${name}"; select one of them, and configure the source once more for the other`,
      'fix-config',
      { code: 'tap-stream' },
    )
  }

  #isLeftOut(stream: string): boolean {
    return this.#client.isInCatalog(stream) || this.#client.isLeftOut(stream)
  }

  /** The tap sends what was left out: its rows are not stored. */
  #ignore(stream: string): readonly Told[] {
    if (!this.#ignored.has(stream)) this.#log.info('the tap sends a stream that is not selected', { stream })
    this.#ignored.add(stream)
    return []
  }

  #other(line: string): readonly Told[] {
    if (line.trim() === '') return []
    this.#otherLines++
    const { tap, config } = this.#client
    if (this.#otherLines > config.maxOtherLines)
      throw new SyncError(
        `${tap.subject} wrote more than ${config.maxOtherLines} lines that are not messages of Singer, such as: ${tap.masked(excerptOf(line))}; turn its logging off or to stderr, or raise config.maxOtherLines`,
        'fix-config',
        { code: 'tap-output' },
      )
    if (this.#otherLines <= MAX_LINES_LOGGED) this.#log.info(tap.masked(excerptOf(line)), { tap: tap.name })
    return []
  }
}

import { setTimeout as wait } from 'node:timers/promises'
import type { Partitions } from '@tidemark/core'
import { type Source, SyncError, type TablesOf } from '@tidemark/core'
import type { Question, Table } from '@tidemark/core/engine'
import type { FaultLine, Way } from './fault-line.ts'

/** Every function of a source that the engine calls. */
export const FUNCTIONS = [
  'connect',
  'identity',
  'tables',
  'partitions',
  'start',
  'end',
  'clock',
  'revision',
  'generation',
  'countUnread',
  'countRows',
  'findKeys',
  'read',
  'close',
] as const
export type FunctionName = (typeof FUNCTIONS)[number]

export interface Break {
  /** The function that goes wrong; all others do what they do. */
  readonly at: FunctionName
  readonly fault: Way
  /** What the broken source is called: it stands beside others of its kind. */
  readonly name: string
  /** The system goes wrong while the function asks it, instead of the function itself. */
  readonly line?: FaultLine | undefined
}

const DRIP_MS = 300
const RETRY_AFTER_MS = 90_000

/** A source of which one function goes wrong. */
export class BrokenSource {
  readonly source: Source
  /** How often the function was called. */
  met = 0
  /** Connections that were made and not closed. */
  open = 0
  readonly #break: Break

  constructor(given: Source, how: Break) {
    this.#break = how
    const { connect, identity, tables } = given
    this.source = {
      ...given,
      name: how.name,
      connect: async (config: never, context) => {
        const client = await this.#call('connect', () => connect?.(config, context))
        return this.#watched(client)
      },
      ...(identity === undefined
        ? {}
        : {
            identity: (context: { readonly client: never }) =>
              this.#call('identity', () => identity(bare(context))) as Promise<string>,
          }),
      tables: async (context: Parameters<TablesOf<never>>[0]) => {
        const found = await this.#call('tables', () => (typeof tables === 'function' ? tables(bare(context)) : tables))
        return [...(found as Iterable<Table>)].map((table) => this.#table(table))
      },
    }
  }

  /** Counts what is connected, also where the source has nothing to close. */
  #watched(client: unknown): Watched {
    this.open++
    const close = (client as { close?: () => unknown } | undefined)?.close?.bind(client)
    return {
      client,
      close: async () => {
        this.open--
        await this.#call('close', () => close?.())
      },
    }
  }

  #table(table: Table): Table {
    const own = (name: Asked) => {
      const ask = table[name]
      if (typeof ask !== 'function') return ask
      return (question: Question) => this.#call(name, () => ask(bare(question)))
    }
    const { partitions } = table
    return {
      ...table,
      ...(Object.fromEntries(ASKED.map((name) => [name, own(name)])) as Pick<Table, Asked>),
      partitions: partitions === undefined ? undefined : this.#listed(partitions),
      read: (question) => this.#read(table, bare(question)),
    }
  }

  /** Tables that share a list go on sharing it. */
  #listed(partitions: Partitions<never, unknown>): Partitions<never, unknown> {
    const before = this.#lists.get(partitions)
    if (before !== undefined) return before
    const listed: Partitions<never, unknown> = {
      list: (context) => this.#call('partitions', () => partitions.list(bare(context))) as Promise<Iterable<unknown>>,
    }
    this.#lists.set(partitions, listed)
    return listed
  }
  readonly #lists = new Map<unknown, Partitions<never, unknown>>()

  async #call(name: FunctionName, work: () => unknown): Promise<unknown> {
    const { at, fault: way, line } = this.#break
    if (name !== at) return await work()
    this.met++
    if (line === undefined) return await goneWrong(way)
    line.fail(way)
    try {
      return await work()
    } finally {
      line.mend()
    }
  }

  async *#read(table: Table, question: Question): AsyncGenerator<unknown> {
    const { at, fault: way, line } = this.#break
    if (at !== 'read') {
      yield* table.read(question)
      return
    }
    this.met++
    if (line !== undefined) {
      line.fail(way)
      try {
        yield* table.read(question)
      } finally {
        line.mend()
      }
      return
    }
    if (way !== 'drip' && way !== 'cut') await goneWrong(way)
    for await (const page of table.read(question)) {
      if (way === 'cut') {
        yield page
        break
      }
      if (!Array.isArray(page)) continue
      for (const row of page) {
        await wait(DRIP_MS, undefined, { ref: false })
        yield [row]
      }
    }
    await goneWrong(way)
  }
}

const ASKED = ['start', 'end', 'clock', 'revision', 'generation', 'countUnread', 'countRows', 'findKeys'] as const
type Asked = (typeof ASKED)[number]

interface Watched {
  readonly client: unknown
  readonly close: () => Promise<void>
}

/** What the source's own function is given: its own client. */
function bare<Given>(context: Given): Given {
  const { client } = context as { readonly client: Watched | undefined }
  return { ...context, client: client?.client }
}

/** Hears nothing, as code that hangs: neither a signal nor anybody who waits. */
async function goneWrong(way: Way): Promise<never> {
  switch (way) {
    case 'hang':
    case 'drip':
      return await new Promise(() => {})
    case '500':
      throw new SyncError('it returned status 500', 'retry', { code: 'status' })
    case '429':
      throw new SyncError('it returned status 429', 'retry', {
        code: 'rate-limited',
        retryAfterMs: RETRY_AFTER_MS,
      })
    case 'refuse':
      throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' })
    case 'cut':
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  }
}

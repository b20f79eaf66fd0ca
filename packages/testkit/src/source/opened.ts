import type { Logger, Partition, Source, SourceClock } from '@tidemark/core'
import { positionOf, type Question, type Range, silent, type Table } from '@tidemark/core/engine'
import type { z } from 'zod'
import type { Place, SourceTestOptions } from './options.ts'

/** A partition as the engine knows it: its id, and what `read` is given. */
export interface OnePartition {
  readonly id: string
  readonly value: unknown
}

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined
  readonly log?: Logger | undefined
  readonly clock?: SourceClock | undefined
}

/** A source that is connected, as the engine has it in one run. */
export class Opened implements AsyncDisposable {
  readonly tables: readonly Table[]
  readonly signal: AbortSignal
  readonly log: Logger
  readonly #client: unknown

  private constructor(tables: readonly Table[], client: unknown, signal: AbortSignal, log: Logger) {
    this.tables = tables
    this.#client = client
    this.signal = signal
    this.log = log
  }

  /** @param config what a user writes under `config`. */
  static async open(source: Source, config: unknown, options: OpenOptions = {}): Promise<Opened> {
    const { signal = new AbortController().signal, log = silent, clock } = options
    const client = await source.connect?.(parsedConfig(source, config) as never, { signal, log, clock })
    try {
      await source.identity?.({ client: client as never })
      const context = { client: client as never, signal, log }
      const listed =
        typeof source.tables === 'function'
          ? await source.tables({ ...context, tracked: { columns: () => undefined } })
          : source.tables
      // A feed is not asked for windows.
      const tables = [...listed].filter((one): one is Table => one.kind === 'table')
      return new Opened(tables, client, signal, log)
    } catch (error) {
      await closeClient(client)
      throw error
    }
  }

  question(more: object = {}, signal: AbortSignal = this.signal): Question {
    return { client: this.#client as never, signal, log: this.log, ...more }
  }

  /** The partitions of a table, in their order; one without an id where it has none. */
  async partitions(table: Table): Promise<readonly OnePartition[]> {
    if (table.partitions === undefined) return [{ id: '', value: '' }]
    const found: OnePartition[] = []
    for await (const one of await table.partitions.list(this.question() as never)) {
      found.push({ id: typeof one === 'string' ? one : (one as Exclude<Partition, string>).id, value: one })
    }
    return found
  }

  /** All that can be read of a partition now: what the engine would want on its first run. */
  async whole(table: Table, partition: OnePartition): Promise<Range | undefined> {
    const { cursor } = table
    if (cursor === undefined) return undefined
    const question = this.question({ partition: partition.value })
    const end = table.end === undefined ? new Date() : await table.end(question)
    const start = typeof table.start === 'function' ? await table.start(question) : table.start
    const to = end === undefined || end === null ? undefined : positionOf(end, cursor.type)
    const from = start === undefined || start === null ? undefined : positionOf(start, cursor.type)
    if (end !== undefined && end !== null && to === undefined)
      throw new Error(`table "${table.name}": end() gave ${String(end)}, which is not a ${cursor.type}`)
    if (start !== undefined && start !== null && from === undefined && typeof start !== 'bigint')
      throw new Error(`table "${table.name}": start() gave ${String(start)}, which is not a ${cursor.type}`)
    const low = typeof table.start === 'bigint' ? table.start : from === undefined ? undefined : BigInt(from)
    return to === undefined ? { from: 0n, to: 0n } : { from: low, to: BigInt(to) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeClient(this.#client)
  }
}

export async function closeClient(client: unknown): Promise<void> {
  await (client as { close?: () => unknown } | undefined)?.close?.()
}

/** What a user writes under `config` in a test. @throws where it does not fit the source's schema. */
export function configOf(source: Source, options: Pick<SourceTestOptions, 'config'>, place: Place): unknown {
  const { config } = options
  const value: unknown = (typeof config === 'function' ? (config as (place: Place) => unknown)(place) : config) ?? {}
  parsedConfig(source, value)
  return value
}

/** A config as its source's schema gives it. @throws where it does not fit. */
export function parsedConfig(source: Source, value: unknown): unknown {
  const schema = source.config as z.ZodObject | undefined
  if (schema === undefined) return value
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `config.${path.join('.')}: ${message}`)
  throw new Error(`the config of this test does not fit its schema: ${problems.join('; ')}`)
}

import type { DiscoveredSource } from '../discover/catalog.ts'
import type { FedTables } from '../run/intake.ts'
import type { RunContext } from '../run/run-context.ts'
import type { TableRun } from '../run/table-run.ts'
import { FeedRun, type FeedRunOptions } from './feed-run.ts'

/** Runs the feeds of a run, each beside the steps and outside of their slots, as soon as all of its tables are known. */
export class FeedRuns implements FedTables {
  readonly #context: RunContext
  readonly #done: (tables: readonly TableRun[]) => void
  readonly #takeFound: FeedRunOptions['takeFound']
  /** By source: tables of feeds that have not begun. */
  readonly #waiting = new Map<string, TableRun[]>()
  readonly #asked = new Map<string, DiscoveredSource>()
  readonly #running = new Set<Promise<void>>()
  #failed: { readonly error: unknown } | undefined

  /**
   * @param done the feed of these tables is read.
   * @param takeFound takes in tables that a feed has found while it is read.
   */
  constructor(
    context: RunContext,
    done: (tables: readonly TableRun[]) => void,
    takeFound: FeedRunOptions['takeFound'],
  ) {
    this.#context = context
    this.#done = done
    this.#takeFound = takeFound
  }

  add(table: TableRun): void {
    const { source } = table.discovered
    this.#waiting.set(source.name, [...(this.#waiting.get(source.name) ?? []), table])
    // One that was locked comes after its source has said all it has.
    this.#begin(source.name)
  }

  asked(source: DiscoveredSource): void {
    this.#asked.set(source.name, source)
    this.#begin(source.name)
  }

  /** Waits until all feeds are read. @throws what the destination threw. */
  async end(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    if (this.#failed !== undefined) throw this.#failed.error
  }

  #begin(name: string): void {
    const source = this.#asked.get(name)
    const waiting = this.#waiting.get(name) ?? []
    if (source === undefined || waiting.length === 0) return
    for (const [feed, tables] of Map.groupBy(waiting, ({ discovered }) => discovered.table.feed!.name)) {
      const expected = source.tables.filter(({ table, fed }) => table.feed?.name === feed && fed?.isWanted === true)
      if (tables.length < expected.length) continue
      this.#waiting.set(
        name,
        this.#waiting.get(name)!.filter((one) => !tables.includes(one)),
      )
      this.#run(source, feed, tables)
    }
  }

  #run(source: DiscoveredSource, name: string, first: readonly TableRun[]): void {
    const tables = [...first]
    const { signal, stop } = this.#context
    const running = new FeedRun({ source, name, tables, context: this.#context, takeFound: this.#takeFound })
      .run()
      .catch((error: unknown) => {
        if (signal.aborted) return
        this.#failed ??= { error }
        stop(error)
      })
      .finally(() => {
        this.#running.delete(running)
        this.#done(tables)
      })
    this.#running.add(running)
  }
}

import type { RunEvent } from '@tidemark/engine'

/** Maps events to sources: most events name a table, and one event names each table's source. */
export class EventSources {
  readonly #sourceOf = new Map<string, string>()

  /** The sources that an event concerns; undefined: all sources of its run. */
  of(event: RunEvent): ReadonlySet<string> | undefined {
    if (event.type === 'tables-planned') {
      for (const { table, source } of event.work) this.#sourceOf.set(table, source)
      return new Set(event.work.map(({ source }) => source))
    }
    if ('source' in event) return new Set([event.source])
    if (!('table' in event)) return undefined
    const source = this.#sourceOf.get(event.table)
    return source === undefined ? undefined : new Set([source])
  }
}

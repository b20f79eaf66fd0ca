import type pg from 'pg'
import type { LogCatalog } from './log-catalog.ts'
import type { LogBeginning } from './log-item.ts'
import type { LogOffset } from './log-offset.ts'
import { changesSince } from './shape-changes.ts'
import { parseWalPosition } from './wal-position.ts'

interface Told {
  readonly offset: string
  readonly shapes: LogCatalog['shapes']
  readonly reasons: Readonly<Record<string, string>>
  /** The shapes of these tables there. */
  readonly outdated: LogCatalog['shapes']
}

/** Tables that are lost because of what they are like by the catalogue: said at once, where the log has nothing more to tell before that. */
export class ShapeLosses {
  readonly #catalog: LogCatalog
  #told: Told | undefined

  constructor(catalog: LogCatalog) {
    this.#catalog = catalog
  }

  /** Nothing was said yet. */
  forget(): void {
    this.#told = undefined
  }

  /** Shapes of tables that were said to be lost: they are so until an offset has other ones. */
  get outdated(): LogCatalog['shapes'] {
    return this.#told?.outdated ?? {}
  }

  /** Why tables are lost at an offset, by name: nobody would read on to where they changed. */
  async at(client: pg.Client, offset: LogOffset): Promise<Readonly<Record<string, string>>> {
    const { from, tables } = await changesSince(client, offset.shapes, this.#catalog)
    const isThere = parseWalPosition(offset.lsn) >= from
    const lost = Object.entries(tables).flatMap(([name, { reason }]) =>
      isThere && reason !== undefined ? [[name, reason] as const] : [],
    )
    const reasons = Object.fromEntries(lost)
    const outdated = Object.fromEntries(lost.map(([name]) => [name, offset.shapes[name] ?? '']))
    this.#told = { offset: offset.lsn, shapes: this.#catalog.shapes, reasons, outdated }
    return reasons
  }

  /** What the tables are like at an offset, and will be when the log has come to where they changed: lost, but for those of which that was said. */
  async after(client: pg.Client, offset: LogOffset): Promise<LogBeginning> {
    const { from, tables, shapes } = await changesSince(client, offset.shapes, this.#catalog)
    const isSaid = this.#told?.offset === offset.lsn && this.#told.shapes === this.#catalog.shapes
    const told = isSaid ? (this.#told?.reasons ?? {}) : {}
    const changes = Object.entries(tables).map(([name, change]) => [
      ...[name, Object.hasOwn(told, name) ? { shape: change.shape } : change],
    ])
    return { changes: { from, tables: Object.fromEntries(changes), shapes }, tables: this.#catalog.tables }
  }
}

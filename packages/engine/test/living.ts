import { type Change, type Checkpoint, defineSource, feedLost, type Source, UNCHANGED } from '@tidemark/core'
import { z } from 'zod'
import { type AnyTable, changeOf, type Entry, type Told, toldRow } from './told.ts'

type Offset = { at: number; lost: string[] }
type Chunk = { from: number; snapshot: number }

/** What a log of several tables holds; `lost`: rows of a table changed, and the log does not tell how. */
export type LivingEntry = Entry | { readonly op: 'lost'; readonly table: string }

interface Held {
  readonly at: number
  readonly rows: readonly Told[]
  isTruncated: boolean
}

/** So many ids has a chunk, and so many rows a page of it. */
const [CHUNK, PAGE] = [4, 2]

/**
 * A database in memory with several tables that are read in chunks beside its log. A table without a key is read from one snapshot, which
 * ends with the process that took it; the log tells of it what came after that.
 */
export class Living {
  readonly keyless: ReadonlySet<string>
  readonly rows = new Map<string, Told[]>()
  readonly log: LivingEntry[] = []
  /** Called at every moment at which the source is waited for; may throw. */
  meanwhile: () => unknown = () => {}
  begun = 0
  /** How often rows were asked for by their keys. */
  readByKey = 0
  /** The log from before this place is not kept. */
  cutAt = 0
  /** It is in the config no more. */
  isRetired = false
  /** What tables held before is read in chunks; else the log tells it. */
  readonly #isCut: boolean

  constructor(
    keyed: readonly string[],
    keyless: readonly string[],
    { isCut = true }: { readonly isCut?: boolean } = {},
  ) {
    this.#isCut = isCut
    this.keyless = new Set(keyless)
    for (const name of [...keyed, ...keyless]) this.rows.set(name, [])
  }

  /** Applies changes of rows, and logs them as one transaction. */
  transaction(...entries: Entry[]): void {
    for (const entry of entries) this.change(entry)
    this.log.push({ op: 'commit' })
  }

  /** The log begins again. Where tables are not read in chunks, it begins with all that they have. */
  cut(): void {
    this.log.push({ op: 'commit' })
    this.cutAt = this.log.length
    if (this.#isCut) return
    for (const [table, rows] of this.rows) this.log.push(...rows.map((row) => ({ op: 'put' as const, table, row })))
    this.log.push({ op: 'commit' })
  }

  /** Applies a change, and logs it as a part of the transaction that the next commit ends. */
  change(entry: Entry): void {
    this.#apply(entry)
    this.log.push(entry)
  }

  /** Rows of a table change, and the log says no more than that. */
  lose(table: string, change: (rows: readonly Told[]) => Told[]): void {
    this.rows.set(table, change(this.rows.get(table)!))
    this.log.push({ op: 'lost', table })
    // What it does not tell of one table nobody else knows: it begins again with all of them.
    if (!this.#isCut) this.cut()
  }

  #apply(entry: Entry): void {
    if (entry.op !== 'put' && entry.op !== 'delete' && entry.op !== 'truncate') return
    const name = entry.table ?? 'orders'
    const rows = this.rows.get(name)!
    if (entry.op === 'truncate') this.rows.set(name, [])
    else if (entry.op === 'delete')
      this.rows.set(
        name,
        rows.filter(({ id }) => id !== entry.id),
      )
    else if (entry.op === 'put') {
      const { row, before } = entry
      const of = before ?? row.id
      const there = this.keyless.has(name) ? undefined : rows.find(({ id }) => id === of)
      const now = {
        id: row.id,
        note: row.note === UNCHANGED ? there!.note : row.note,
        total: row.total === UNCHANGED ? there!.total : row.total,
      }
      this.rows.set(name, [...rows.filter((one) => one !== there), now])
    }
  }

  /** What each table has, in the order of `toldIn`. */
  expected(name: string): readonly Told[] {
    return this.rows.get(name)!.toSorted((a, b) => a.id - b.id || (String(a.note) < String(b.note) ? -1 : 1))
  }

  /** Each is another process: what an earlier one held open is gone. */
  source(): Source {
    const living = this
    const { log } = living
    const held = new Map<string, Held>()
    const memory = defineSource({ name: 'memory' })
    const feed = memory.feed({ name: 'log', offset: z.object({ at: z.int(), lost: z.array(z.string()) }) })
    const now = (): Offset => ({ at: log.length, lost: [] })
    const gone: Record<string, string> = {}
    const lose = (name: string) => {
      gone[name] = 'its snapshot has ended'
      return feedLost(`${name}: its snapshot has ended`)
    }
    const tables = [...living.rows.keys()].map((name) =>
      feed.table<typeof toldRow, readonly ['id'], Chunk>({
        name,
        row: toldRow,
        // Without a key nothing asks for rows by one.
        primaryKey: (living.keyless.has(name) ? [] : ['id']) as unknown as readonly ['id'],
        backfill: !living.#isCut
          ? undefined
          : {
              async *chunks() {
                await living.meanwhile()
                delete gone[name]
                const [rows, snapshot] = [living.rows.get(name)!, log.length]
                if (living.keyless.has(name)) held.set(name, { at: snapshot, rows, isTruncated: false })
                for (let from = 0; from < 12; from += CHUNK) yield { from, snapshot }
              },
              async *read({ chunk, asOf }): AsyncGenerator<Told[], Offset> {
                await living.meanwhile()
                const own = held.get(name)
                if (living.keyless.has(name) && own?.isTruncated === true) return asOf
                if (living.keyless.has(name) && own?.at !== chunk.snapshot) throw lose(name)
                const all = own?.rows ?? living.rows.get(name)!
                const last = chunk.from + CHUNK >= 12
                const rows = all.filter(({ id }) => id >= chunk.from && (last || id < chunk.from + CHUNK))
                const end = own === undefined ? now() : { at: own.at, lost: [] }
                for (let first = 0; first < rows.length; first += PAGE) {
                  yield rows.slice(first, first + PAGE)
                  await living.meanwhile()
                }
                return end
              },
              async *rows({ keys }): AsyncGenerator<Told[], Offset> {
                living.readByKey++
                const wanted = new Set(keys.map(({ id }) => Number(id)))
                yield living.rows.get(name)!.filter(({ id }) => wanted.has(id))
                await living.meanwhile()
                return now()
              },
            },
      }),
    )
    const byName = new Map(tables.map((table) => [table.name, table as never as AnyTable]))
    return memory.with([
      feed.of(living.isRetired ? [] : tables, {
        ...(living.isRetired ? { retired: true } : {}),
        begin: async () => {
          living.begun++
          await living.meanwhile()
          return living.#isCut ? now() : { at: living.cutAt, lost: [] }
        },
        head: now,
        lost: async ({ offset }) => {
          await living.meanwhile()
          if (offset.at < living.cutAt) return 'its log was cut off'
          return { ...Object.fromEntries(offset.lost.map((name) => [name, 'it was rewritten'])), ...gone }
        },
        isPast: (one, other) => one.lost.length === 0 && one.at >= other.at,
        repeatable: true,
        async *read({ offset, signal }): AsyncGenerator<Change<undefined> | Checkpoint<Offset>> {
          if (offset === undefined) throw new Error('it was not begun')
          if (offset.lost.length > 0) yield feed.checkpoint({ at: offset.at, lost: [] })
          for (let index = offset.at; !signal.aborted; index++) {
            await living.meanwhile()
            while (index >= log.length) {
              await new Promise((later) => setTimeout(later, 1))
              if (signal.aborted) return
            }
            const entry = log[index]!
            if (entry.op === 'commit') yield feed.checkpoint({ at: index + 1, lost: [] })
            else if (entry.op === 'lost') {
              yield feed.checkpoint({ at: index + 1, lost: [entry.table] }, { lost: true })
              return
            } else if (entry.op === 'put' || entry.op === 'delete' || entry.op === 'truncate') {
              const name = entry.table ?? 'orders'
              const own = held.get(name)
              if (own !== undefined && index < own.at) continue
              if (own !== undefined && entry.op === 'truncate') own.isTruncated = true
              yield changeOf(entry, byName.get(name)!)
            }
          }
        },
      }),
    ]) as Source
  }
}

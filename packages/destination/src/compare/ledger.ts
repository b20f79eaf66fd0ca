import { DatabaseSync } from 'node:sqlite'
import type { Difference, DifferenceKind } from '@tidemark/core/engine'
import { deletionReplaces, rowReplaces, seenVoids } from '../rows/precedence.ts'

/** What a key is in a source's answer: a row, a reported deletion, a rejected row, or one that changed since it was read. */
export const ROW = 0
export const DELETED = 1
export const PRESENT = 2
export const CHANGED = 3

/** What the source has of a key. */
export interface Entry {
  readonly key: string
  readonly kind: typeof ROW | typeof DELETED | typeof PRESENT | typeof CHANGED
  readonly row: string | null
  /** Digests of the columns that are new. */
  readonly late: string | null
  readonly position: bigint | number | null
  /** How the key is looked up again. */
  readonly id: string | Uint8Array | null
}

export interface Finding {
  readonly key: string
  readonly kind: DifferenceKind
  readonly text: string
  readonly times: number
  readonly positions: readonly (bigint | null)[]
  /** The key of a row of the destination. */
  readonly id?: string | Uint8Array
}

interface Keeping {
  readonly again: boolean
  readonly keyed: boolean
  readonly turn: () => Promise<void>
}

/** So many rows one statement moves. */
const SLICE = 20_000
/** So many differences are put in order. */
const SORTED = 200_000

interface FoundRow {
  readonly scope: bigint
  readonly kind: DifferenceKind
  readonly text: string
  readonly times: bigint
  readonly source: bigint | null
  readonly held: bigint | null
}

const TABLES = `
  create table entry (key text primary key, kind integer, row text, late text, position integer, id any, times integer) without rowid;
  create table finding (key text primary key, kind text, text text, times integer, source integer, held integer, id any) without rowid;
  create table found (scope integer, key text, partition text, kind text, text text, times integer, source integer, held integer, id any, primary key (scope, key)) without rowid;
  create index found_by_key on found (key)`

/**
 * What is known of the rows of a comparison: digests, in a database of its own that has no name and lives in a file
 * that nobody sees, so that ten million rows need no more memory than ten.
 */
export class Ledger {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()

  constructor() {
    this.#database = new DatabaseSync('')
    this.#database.exec(
      'pragma journal_mode = off; pragma synchronous = off; pragma locking_mode = exclusive; pragma cache_size = -65536',
    )
    this.#database.exec(TABLES)
    this.#database.exec('begin')
  }

  /** Forgets what the source returned and what the current pass found. */
  clear(): void {
    this.#run('delete from entry')
    this.#run('delete from finding')
  }

  /** Of several versions of a key the one with the greatest position stays, the last among equals; a deletion wins a tie. */
  put({ key, kind, row, late, position, id }: Entry, ordered: boolean): void {
    const wins =
      kind === ROW
        ? ordered
          ? `kind = 2 or ${rowReplaces('excluded.position', 'position', 'kind = 1')}`
          : 'true'
        : kind === DELETED
          ? `kind = 2 or ${deletionReplaces('excluded.position', 'position')}`
          : `kind = 1 and ${seenVoids('excluded.position', 'position')}`
    this.#run(
      `insert into entry (key, kind, row, late, position, id) values (?, ?, ?, ?, ?, ?) on conflict (key) do update
        set kind = excluded.kind, row = excluded.row, late = excluded.late, position = excluded.position, id = excluded.id where ${wins}`,
      [key, kind, row, late, position, id],
    )
  }

  /** Whatever came of a key, it has changed since. */
  supersede(key: string): void {
    this.#run('insert into entry (key, kind) values (?, 3) on conflict (key) do update set kind = 3', [key])
  }

  remove(key: string): void {
    this.#run('delete from entry where key = ?', [key])
  }

  /** Counts equal rows that have no key. */
  count({ key, position, id }: Pick<Entry, 'key' | 'position' | 'id'>): void {
    this.#run(
      `insert into entry (key, kind, position, id, times) values (?, 0, ?, ?, 1) on conflict (key) do update set times = times + 1`,
      [key, position, id],
    )
  }

  /** Takes one of a row's equals away. @returns whether there was one. */
  uncount(key: string): boolean {
    return this.#run('update entry set times = times - 1 where key = ? and times > 0', [key]) > 0
  }

  /** Takes out what the source has of a key. */
  take(key: string): Pick<Entry, 'kind' | 'row' | 'late' | 'position'> | undefined {
    const statement = this.#statement('delete from entry where key = ? returning kind, row, late, position')
    // An array takes half the time of an object, and this runs once a row.
    statement.setReturnArrays(true)
    const taken = statement.get(key) as unknown as readonly [bigint, string | null, string | null, bigint | null]
    if (taken === undefined) return undefined
    const [kind, row, late, position] = taken
    return { kind: Number(kind) as Entry['kind'], row, late, position }
  }

  /** Rows of the source that nothing in the destination's scope stood for, after a key. */
  remainingEntries(after: string, most: number): readonly (Entry & { readonly times: number })[] {
    const rows = this.#statement(
      'select key, kind, row, late, position, id, coalesce(times, 1) as times from entry where kind = 0 and coalesce(times, 1) > 0 and key > ? order by key limit ?',
    ).all(after, most)
    return rows.map((row) => ({ ...row, times: Number(row['times']) }) as never)
  }

  find({ key, kind, text, times, positions: [source = null, held = null], id }: Finding): void {
    this.#run(
      `insert into finding (key, kind, text, times, source, held, id) values (?, ?, ?, ?, ?, ?, ?) on conflict (key) do update set times = times + excluded.times`,
      [key, kind, text, times, source, held, id ?? null],
    )
  }

  /** Keeps what was found at a first look, or of it what a second one found as well. @returns how many rows. */
  async keep(scope: number, partition: string, { again, keyed, turn }: Keeping): Promise<number> {
    if (!again) {
      await this.#sliced('finding', {}, turn, (range) =>
        this.#run(
          'insert into found select ?, key, ?, kind, text, times, source, held, id from finding where key > ? and key <= ?',
          [scope, partition, ...range],
        ),
      )
    } else {
      const same = keyed ? '' : ' and n.kind = found.kind'
      await this.#sliced('found', { scope }, turn, (range) => {
        this.#run(
          `delete from found where scope = ? and key > ? and key <= ? and not exists (select 1 from finding n where n.key = found.key${same})`,
          [scope, ...range],
        )
        this.#run(
          `update found set kind = n.kind, text = n.text, times = min(found.times, n.times), source = n.source, held = n.held, id = n.id
            from finding n where found.scope = ? and found.key > ? and found.key <= ? and n.key = found.key`,
          [scope, ...range],
        )
      })
    }
    return this.#number('select coalesce(sum(times), 0) from found where scope = ?', [scope])
  }

  /** Does something with ranges of the keys of a table, with a turn for others between two of them. */
  async #sliced(
    table: 'finding' | 'found',
    { scope }: { readonly scope?: number },
    turn: () => Promise<void>,
    work: (range: readonly [after: string, last: string]) => void,
  ): Promise<void> {
    const own = scope === undefined ? '' : 'scope = ? and '
    const next = this.#statement(
      `select max(key) as last from (select key from ${table} where ${own}key > ? order by key limit ${SLICE})`,
    )
    for (let after = ''; ; await turn()) {
      const last = next.get(...(scope === undefined ? [after] : [scope, after]))?.['last']
      if (typeof last !== 'string') return
      work([after, last])
      after = last
    }
  }

  excuse(key: string): void {
    this.#run("delete from found where key = ? and kind = 'extra'", [key])
  }

  extras(partition: string): number {
    return this.#number("select count(*) from found where partition = ? and kind = 'extra'", [partition])
  }

  /** The keys of those rows, some at a time. */
  *extraKeys(partition: string, most: number): Generator<readonly (string | Uint8Array)[]> {
    for (let after = ''; ; ) {
      const rows = this.#statement(
        "select key, id from found where partition = ? and kind = 'extra' and key > ? order by key limit ?",
      ).all(partition, after, most)
      if (rows.length === 0) return
      after = String(rows.at(-1)!['key'])
      yield rows.map((row) => row['id'] as string | Uint8Array)
    }
  }

  /**
   * A row that lies in one scope at the source and in another here is found twice, and is one row that differs. Very many
   * come in no order: to sort them would be one long step.
   */
  *findings(keyed: boolean): Generator<Difference> {
    const twice = keyed
      ? "where not (kind = 'extra' and exists (select 1 from found o where o.key = found.key and o.kind <> 'extra'))"
      : ''
    const many = this.#number('select count(*) from found', []) > SORTED
    const rows = this.#statement(
      `select scope, kind, text, times, source, held from found ${twice} order by ${many ? 'scope, key' : 'scope, kind, text'}`,
    ).iterate()
    for (const row of rows) {
      const { scope, kind, text, times, source, held } = row as unknown as FoundRow
      const positions = [...new Set([source, held].filter((one) => one !== null))]
      yield { scope: Number(scope), kind, key: text, times: Number(times), positions }
    }
  }

  close(): void {
    this.#database.close()
  }

  #statement(text: string): ReturnType<DatabaseSync['prepare']> {
    let statement = this.#statements.get(text)
    if (statement === undefined) {
      statement = this.#database.prepare(text)
      statement.setReadBigInts(true)
      this.#statements.set(text, statement)
    }
    return statement
  }

  #run(text: string, values: readonly unknown[] = []): number {
    return Number(this.#statement(text).run(...(values as never[])).changes)
  }

  #number(text: string, values: readonly unknown[]): number {
    return Number(Object.values(this.#statement(text).get(...(values as never[])) ?? {})[0])
  }
}

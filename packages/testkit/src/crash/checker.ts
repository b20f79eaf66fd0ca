import type { Destination } from '@tidemark/core/engine'
import { checkRecords, checkRejects, checkSaid } from './check-records.ts'
import { checkKept, checkTables, checkWhole, type Found } from './check-tables.ts'
import type { VictimLine } from './victim-options.ts'

/** How to look into the destination that the processes of the harness write. */
export type Connect = () => Promise<Destination>

/**
 * Knows everything that the crash source holds, and remembers what was there: every committed row stays for ever, every
 * other one is there 0 or 1 times, none twice; the records of the steps say what the tables hold.
 */
export class Checker {
  readonly #connect: Connect
  #before: Found = { rows: new Map(), covered: new Map() }

  constructor(connect: Connect) {
    this.#connect = connect
  }

  /** Whether a table was there at the last look. */
  knows(table: string): boolean {
    return this.#before.rows.has(table)
  }

  /** What must hold at any moment, also while someone writes: each question is one statement. */
  async checkMoment(until: number): Promise<readonly string[]> {
    const destination = await this.#connect()
    try {
      const state = await destination.state()
      return [...(await checkRecords(destination, state)), ...(await checkWhole(destination, state, until))]
    } finally {
      await destination.close()
    }
  }

  /** Looks, and says what is wrong; nothing: all is well. */
  async check(until: number, said: readonly VictimLine[] = []): Promise<readonly string[]> {
    const destination = await this.#connect()
    try {
      const state = await destination.state()
      const { violations, found } = await checkTables(destination, state, until)
      const kept = checkKept(this.#before, found)
      this.#before = found
      return [
        ...violations,
        ...kept,
        ...(await checkRecords(destination, state)),
        ...(await checkRejects(destination, state, until)),
        ...(await checkSaid(destination, said)),
      ]
    } finally {
      await destination.close()
    }
  }
}

/** All rows of the crash source's tables, for a comparison: a table read whole without its marked rows. */
export async function rowsOf(connect: Connect): Promise<ReadonlyMap<string, readonly string[]>> {
  const destination = await connect()
  try {
    const state = await destination.state()
    const tables = new Map<string, readonly string[]>()
    for (const name of state.tables.keys()) {
      const rows: string[] = []
      for await (const row of destination.read(name))
        rows.push(JSON.stringify(row, (_, one) => (typeof one === 'bigint' ? String(one) : one)))
      tables.set(name, rows.sort())
    }
    return tables
  } finally {
    await destination.close()
  }
}

import type { Connection } from 'mysql2'
import type { Drawn } from '../found-table.ts'
import { ask, text } from './session.ts'

/** The step of AUTO_INCREMENT: the nodes of a cluster each have numbers of their own. */
export async function autoIncrement(connection: Connection): Promise<Drawn> {
  const [row] = await ask(connection, 'SELECT @@global.auto_increment_increment')
  return { sequences: 1, increment: BigInt(text(row?.[0]) ?? 1), stock: 1n, cycles: false }
}

/** The sequence of MariaDB that a column's default draws from; undefined where it draws from none, or nobody may look. */
export async function sequenceOf(connection: Connection, columnDefault: string): Promise<Drawn | undefined> {
  const name = /^nextval\((.*)\)$/is.exec(columnDefault)?.[1]
  if (name === undefined) return undefined
  try {
    const [row] = await ask(connection, `SELECT increment, cycle_option FROM ${name}`)
    const [increment, cycles] = row!.map(text)
    // Zero: as far as AUTO_INCREMENT goes at a time. What a server takes at once it gives out in order.
    return { sequences: 1, increment: BigInt(increment!) || 1n, stock: 1n, cycles: cycles !== '0' }
  } catch {
    return undefined
  }
}

import { UNCHANGED } from '@tidemark/core'
import type { Row, Selected } from '../../database.ts'
import { isReadAs } from '../column-reading.ts'
import { utf8At } from '../data-row-parser.ts'
import type { LoggedTable } from './logged-table.ts'
import { type LogRelation, NULL_FIELD, type ReadTuple, UNCHANGED_FIELD } from './pgoutput.ts'

/**
 * Makes rows of a table from the fields of its messages, with the values that a query of the table gives. A column that the message
 * lacks, or has in another type than the table has now, is UNCHANGED: the row is of a time at which the table was another.
 */
export function rowReader(table: LoggedTable, relation: LogRelation): ReadTuple<Row> {
  const template: Row = Object.fromEntries(table.columns.map(({ name }) => [name, UNCHANGED]))
  const fields = relation.columns.map(({ name, type }) => {
    const column = table.columns.find((one) => one.name === name)
    return column !== undefined && hasType(table, column, type) ? column : undefined
  })
  return (message) => {
    const row = { ...template }
    for (let index = 0; index < message.count; index++) {
      const column = fields[index]
      if (column === undefined) continue
      const kind = message.kindAt(index)
      if (kind === UNCHANGED_FIELD) continue
      const from = message.fromAt(index)
      row[column.name] = kind === NULL_FIELD ? null : valueAt(message.bytes, from, message.toAt(index), column)
    }
    return row
  }
}

/** Whether rows that are described so tell their key. */
export const canReadKey = (table: LoggedTable, { columns }: LogRelation): boolean =>
  table.key.every((name) => {
    const described = columns.find((one) => one.name === name)
    const column = table.columns.find((one) => one.name === name)
    return described !== undefined && column !== undefined && hasType(table, column, described.type)
  })

function hasType({ found }: LoggedTable, { name }: Selected, type: number): boolean {
  const kind = found.columns.find((one) => one.name === name)?.answerKind
  return kind === undefined || isReadAs(type, Number(kind))
}

/** A value as it stands in a message. What the server makes of a column in a query is made later: see `madeByServer`. */
function valueAt(bytes: Buffer, from: number, to: number, { select, decodeAt, decode, ascii }: Selected): unknown {
  if (select !== undefined) return utf8At(bytes, from, to)
  if (decodeAt !== undefined) return decodeAt(bytes, from, to)
  const field = ascii === true ? bytes.toString('latin1', from, to) : utf8At(bytes, from, to)
  return decode === undefined || typeof field !== 'string' ? field : decode(field as never)
}

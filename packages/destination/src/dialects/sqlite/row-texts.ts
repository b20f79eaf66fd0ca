import type { ColumnType } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { chunks } from '../../chunks.ts'
import { list } from '../../rows/sql.ts'
import type { NativeSums, Session } from '../dialect.ts'
import type { ValueRows } from '../value-rows.ts'

/** The most values that one call of a function of SQLite takes. */
const MAX_VALUES = 900
/** So many rows, or of so many characters, are handed on at a time. */
const AT_ONCE = 1000
const CHARACTERS = 1_000_000

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

interface Column {
  readonly name: string
  readonly type: ColumnType
}

/**
 * Rows by texts that only equal ones share: the values as JSON, which SQLite writes as JavaScript does, and behind it doubles, whose
 * digits each writes in its own way.
 */
export function rowTexts(columns: readonly Column[]): NativeSums {
  const doublesAt = columns.flatMap(({ type }, at) => (type === 'double' ? [at] : []))
  const others = columns.flatMap(({ type }, at) => (type === 'double' ? [] : [{ at, isBytes: type === 'bytes' }]))
  const lists = chunks(others, MAX_VALUES).map((some) => ({ some, values: new Array<unknown>(some.length) }))
  const textOf = (row: readonly unknown[]): string => {
    let text = ''
    for (const { some, values } of lists) {
      for (let at = 0; at < some.length; at++) values[at] = jsonOf(row[some[at]!.at], some[at]!.isBytes)
      text += JSON.stringify(values)
    }
    for (const at of doublesAt) text += `,${row[at]}`
    return text
  }
  const names = others.map(({ at, isBytes }) => {
    const name = sql.id(columns[at]!.name)
    // NULL has no digits.
    return isBytes ? sql`iif(${name} is null, null, hex(${name}))` : name
  })
  const arrays = chunks(names, MAX_VALUES).map((some) => sql`json_array(${sql.join(some)})`)
  const json = arrays.length === 0 ? sql`''` : sql.join(arrays, sql` || `)
  const doubles = doublesAt.map((at) => columns[at]!.name)
  return {
    of: (rows) => textsOf((rows as ValueRows).rows, textOf),
    async *stored(session: Session, table: RawBuilder<unknown>) {
      const more = doubles.length === 0 ? sql`` : sql`, ${list(doubles)}`
      let texts: string[] = []
      let characters = 0
      for (const row of session.iterate!(sql`select ${json}${more} from ${table}`)) {
        let text = row[0] as string
        for (let at = 1; at < row.length; at++) text += `,${row[at]}`
        characters += text.length
        if (texts.push(text) < AT_ONCE && characters < CHARACTERS) continue
        yield texts
        texts = []
        characters = 0
      }
      yield texts
    },
  }
}

function* textsOf(
  rows: readonly (readonly unknown[])[],
  textOf: (row: readonly unknown[]) => string,
): Generator<string> {
  for (const row of rows) yield textOf(row)
}

function jsonOf(value: unknown, isBytes: boolean): unknown {
  if (typeof value === 'bigint') return rawJSON(String(value))
  if (!isBytes || value === null) return value
  const { buffer, byteOffset, byteLength } = value as Uint8Array
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex').toUpperCase()
}

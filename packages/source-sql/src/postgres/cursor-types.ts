import type { CursorType } from '@tidemark/core/values'
import { type RawBuilder, sql } from 'kysely'

/** What is known of a type of cursor in Postgres. */
interface PostgresCursorType {
  /** The type that a bound is compared as. */
  readonly parameter: string
  /** The smallest or greatest value of a cursor as a text: ISO, or digits. */
  readonly shown: (value: RawBuilder<unknown>) => RawBuilder<unknown>
}

export const POSTGRES_CURSOR_TYPES: Readonly<Record<CursorType, PostgresCursorType>> = {
  timestamp: {
    parameter: 'timestamptz',
    shown: (value) => sql`to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  },
  local_timestamp: {
    parameter: 'timestamp',
    shown: (value) => sql`to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS.US')`,
  },
  date: { parameter: 'date', shown: (value) => sql`to_char(${value}, 'YYYY-MM-DD')` },
  integer: { parameter: 'int8', shown: (value) => sql`${value}::text` },
}

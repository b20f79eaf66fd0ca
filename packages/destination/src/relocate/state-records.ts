import {
  RECORD_KINDS,
  RECORD_ORDER,
  type RecordChunk,
  type RecordKind,
  STATE_RECORDS,
  type StateRecord,
} from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { StateDialect } from '../state/state-dialect.ts'
import type { StateDatabase } from '../state/state-types.ts'

/** So many records are read at a time. */
const CHUNK = 10_000
/** So many values go into one statement. */
const VALUES = 10_000

const tableOf = (kind: RecordKind) => sql.table(`_tidemark_${kind}`)
const fieldsOf = (kind: RecordKind): readonly string[] => Object.keys(STATE_RECORDS[kind])
const names = (all: readonly string[]) => sql.join(all.map((name) => sql.ref(name)))

/** Some records of a kind, in their order; what a state of an earlier version has not is NULL, or no record. */
export async function readRecords(
  db: Kysely<StateDatabase>,
  dialect: StateDialect,
  kind: RecordKind,
  after: number,
): Promise<readonly StateRecord[]> {
  if (!(await dialect.hasTable(db as unknown as Kysely<never>, `_tidemark_${kind}`))) return []
  const { rows } = await sql<Record<string, unknown>>`select * from ${tableOf(kind)}
    order by ${names(RECORD_ORDER[kind])} limit ${CHUNK} offset ${after}`.execute(db)
  const types: Readonly<Record<string, string>> = STATE_RECORDS[kind]
  return rows.map((row) =>
    Object.fromEntries(
      fieldsOf(kind).map((name) => {
        const value = row[name]
        if (value === null || value === undefined) return [name, null]
        return [name, types[name]!.startsWith('text') ? String(value) : BigInt(value as bigint)]
      }),
    ),
  )
}

/** Puts records in the place of all that is known. */
export async function replaceRecords(
  db: Kysely<StateDatabase>,
  all: AsyncIterable<RecordChunk> | Iterable<RecordChunk>,
): Promise<void> {
  for (const kind of RECORD_KINDS) await sql`delete from ${tableOf(kind)}`.execute(db)
  for await (const { kind, records } of all) {
    const fields = fieldsOf(kind)
    for (const some of chunks(records, Math.floor(VALUES / fields.length))) {
      const values = some.map((record) => sql`(${sql.join(fields.map((name) => record[name]))})`)
      await sql`insert into ${tableOf(kind)} (${names(fields)}) values ${sql.join(values)}`.execute(db)
    }
  }
}

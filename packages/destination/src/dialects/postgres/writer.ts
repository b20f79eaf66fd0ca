import { sql } from 'kysely'
import type { RowWriter } from '../../rows/row-writer.ts'
import { move } from './move.ts'
import type { Session } from './sessions.ts'
import { dropStaging, fill, type PostgresStaging } from './staging.ts'
import { mainTable, type Target } from './statements.ts'
import { changed, count, type Way, writePart } from './write.ts'

/** A table that is written, and how. */
export interface Writing {
  readonly target: Target
  readonly way: Way
}

/** Writes the rows of one table into Postgres, inside the transaction of a session. */
export function postgresWriter(session: Session, target: Target, way: Way): RowWriter<PostgresStaging> {
  const { layout } = target
  return {
    layout,
    write: (part, now) => writePart(session, target, part, { now, way }),
    fill: (filling) => fill(session, target, filling),
    move: (lease, part, staging, now) => move(session, target, { lease, part, staging, now }),
    dropStaging: (staging) => dropStaging(session, staging),
    purge: async (partition) => {
      const own = layout.partitioned ? sql` and _partition = ${partition}` : sql``
      return await changed(session, sql`delete from ${mainTable(target)} where _deleted_at is not null${own}`)
    },
    holds: async (most, partition) => {
      const own = partition !== undefined && layout.partitioned ? sql` where _partition = ${partition}` : sql``
      return await count(
        session,
        sql`select count(*) from (select from ${mainTable(target)}${own} limit ${most}) as counted`,
      )
    },
    savepoint: async (name, action) => {
      const statements = {
        set: `savepoint ${name}`,
        release: `release ${name}`,
        back: `rollback to ${name}; release ${name}`,
      }
      await session.client.query(statements[action])
    },
  }
}

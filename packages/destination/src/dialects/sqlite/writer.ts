import type { Lease, Part } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Filling, RowWriter } from '../../rows/row-writer.ts'
import { move } from './move.ts'
import { dropStaging, fill, type SqliteStaging } from './staging.ts'
import { mainTable } from './statements.ts'
import type { Target } from './target.ts'
import { writePart } from './write.ts'

/** Writes the rows of one table into SQLite. */
export function sqliteWriter(target: Target): RowWriter<SqliteStaging> {
  const { layout, raw } = target
  return {
    layout,
    write: async (part: Part, now: bigint) => writePart(target, part, now),
    fill: async (filling: Filling<SqliteStaging>) => fill(target, filling),
    move: (lease: Lease, part: Part, staging: SqliteStaging, now: bigint) => move(target, lease, part, staging, now),
    dropStaging: async (staging: SqliteStaging) => dropStaging(staging),
    purge: async (partition: string) => {
      const own = layout.partitioned ? sql` and _partition = :partition` : sql``
      const remove = () => sql`delete from ${mainTable(layout.name)} where _deleted_at is not null${own}`
      return target.run('purge', remove, { partition })
    },
    holds: async (most, partition) => {
      const own = partition !== undefined && layout.partitioned
      const some = () =>
        sql`select count(*) from (select 1 from ${mainTable(layout.name)}${own ? sql` where _partition = :partition` : sql``} limit :most)`
      return target.count(`holds ${own}`, some, own ? { most, partition } : { most })
    },
    savepoint: async (name, action) => {
      const statements = {
        set: `savepoint ${name}`,
        release: `release ${name}`,
        back: `rollback to ${name}; release ${name}`,
      }
      raw.exec(statements[action])
    },
  }
}

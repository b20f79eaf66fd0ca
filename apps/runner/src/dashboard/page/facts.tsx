import { windowsText } from '../../show/estimate.ts'
import type { TableAnswer } from '../answers.ts'
import { format } from './format.ts'
import { router } from './router.ts'
import { Text } from './text.tsx'
import { TimeAgo } from './time-ago.tsx'

/** The figures of a table. */
export function Facts({
  answer: { table, key, cursor, now, removedAt, firstSeenAt },
}: {
  readonly answer: TableAnswer
}) {
  return (
    <dl class="facts">
      <div>
        <dt>Rows</dt>
        <dd>{table.rows === null ? '…' : `${table.rowsExact ? '' : 'more than '}${format.count(table.rows)}`}</dd>
      </div>
      <div>
        <dt>Lag</dt>
        <dd>{table.lagMs === null ? '–' : format.about(table.lagMs)}</dd>
      </div>
      <div>
        <dt>Complete to</dt>
        <dd>{table.completeTo === null ? 'not complete' : format.position(table.completeTo)}</dd>
      </div>
      {table.workLeft !== null && table.workLeft.windows > 0 && (
        <div>
          <dt>Left to read</dt>
          <dd>{windowsText(table.workLeft)}</dd>
        </div>
      )}
      {table.workLeft !== null && table.workLeft.windows > 0 && table.workLeft.rowsPerSecond !== null && (
        <div>
          <dt>Rate</dt>
          <dd>{format.plural(table.workLeft.rowsPerSecond, 'row')}/s in a window</dd>
        </div>
      )}
      <div>
        <dt>Last check</dt>
        <dd>
          <TimeAgo at={table.lastCheckedAt} now={now} />
        </dd>
      </div>
      <div>
        <dt>Next check</dt>
        <dd>{table.nextCheckAt === null ? '–' : format.until(table.nextCheckAt, now)}</dd>
      </div>
      <div>
        <dt>Last written</dt>
        <dd>
          <TimeAgo at={table.lastSyncedAt} now={now} />
        </dd>
      </div>
      <div>
        <dt>Deletions</dt>
        <dd>{table.deletions === 'unseen' ? 'not detected' : (table.deletions ?? '–')}</dd>
      </div>
      <div>
        <dt>Rejected</dt>
        <dd>{format.count(table.rejects)}</dd>
      </div>
      <div>
        <dt>Source</dt>
        <dd>
          <a href={router.source(table.source)}>
            <Text>{table.source}</Text>
          </a>
        </dd>
      </div>
      <div>
        <dt>Key</dt>
        <dd>{key.length === 0 ? 'none' : <Text>{key.join(', ')}</Text>}</dd>
      </div>
      <div>
        <dt>Synced by</dt>
        <dd>
          {table.feed !== null ? (
            <Text>{`the feed ${table.feed.name}`}</Text>
          ) : cursor === null ? (
            'full refresh'
          ) : (
            <Text>{cursor.column}</Text>
          )}
        </dd>
      </div>
      <div>
        <dt>{removedAt === null ? 'First seen' : 'Removed'}</dt>
        <dd>{format.day(removedAt ?? firstSeenAt)}</dd>
      </div>
    </dl>
  )
}

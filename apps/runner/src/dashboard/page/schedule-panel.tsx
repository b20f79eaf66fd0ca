import type { OverviewAnswer } from '../answers.ts'
import { DataTable } from './data-table.tsx'
import { format } from './format.ts'
import { router } from './router.ts'
import { Text } from './text.tsx'
import { TimeAgo } from './time-ago.tsx'

/** When each source was checked last, and when it is due again. */
export function SchedulePanel({ answer: { schedule, now } }: { readonly answer: OverviewAnswer }) {
  const until = (at: number | null): string => (at === null ? '–' : format.until(at, now))
  return (
    <section class="panel" aria-labelledby="schedule">
      <h2 id="schedule">Schedule</h2>
      <DataTable
        caption="When each source is read"
        columns={[
          { name: 'source', label: 'Source', isTitle: true },
          { name: 'tables', label: 'Tables', align: 'right' },
          { name: 'every', label: 'Every', align: 'right' },
          { name: 'last', label: 'Last check', align: 'right' },
          { name: 'next', label: 'Next check', align: 'right' },
          { name: 'stale', label: 'Stale', align: 'right' },
        ]}
        rows={schedule.map((one) => ({
          key: one.source,
          cells: [
            <a key="source" href={router.source(one.source)}>
              <Text>{one.source}</Text>
            </a>,
            `${format.count(one.tables)}${one.paused === 0 ? '' : `, ${format.count(one.paused)} paused`}`,
            one.everyMs === null ? '–' : format.length(one.everyMs),
            <TimeAgo key="last" at={one.lastCheckedAt} now={now} />,
            until(one.nextCheckAt),
            one.freshUntil === null ? '–' : one.freshUntil < now ? <b class="warn">now</b> : until(one.freshUntil),
          ],
        }))}
      />
    </section>
  )
}

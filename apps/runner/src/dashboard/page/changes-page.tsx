import type { ChangesAnswer } from '../list-answers.ts'
import { useAnswer } from './ask.ts'
import { DataTable } from './data-table.tsx'
import { Empty, TroubleNotice } from './notice.tsx'
import { type Place, router } from './router.ts'
import { Text } from './text.tsx'
import { TimeAgo } from './time-ago.tsx'

/** What was done to the tables: columns added and widened, tables created, paused and resumed. */
export function ChangesPage({ place }: { readonly place: Place }) {
  const before = place.search.get('before')
  const { answer, trouble } = useAnswer<ChangesAnswer>(
    `/api/changes${before === null ? '' : `?${new URLSearchParams({ before })}`}`,
  )
  return (
    <>
      <h1>Changes of tables</h1>
      {trouble !== undefined && <TroubleNotice trouble={trouble} />}
      {answer === undefined && trouble === undefined && <p class="loading">Reading the state …</p>}
      {answer !== undefined && answer.changes.length === 0 && <Empty title="Nothing was changed yet" />}
      {answer !== undefined && answer.changes.length > 0 && (
        <section class="panel" aria-label="Changes, newest first">
          <DataTable
            caption="Changes of tables, newest first"
            columns={[
              { name: 'table', label: 'Table', isTitle: true },
              { name: 'change', label: 'Change' },
              { name: 'when', label: 'When' },
            ]}
            rows={answer.changes.map(({ id, table, change, at }) => ({
              key: id,
              cells: [
                <a key="table" href={router.table(table)}>
                  <Text>{table}</Text>
                </a>,
                <Text key="change">{change}</Text>,
                <TimeAgo key="when" at={at} now={answer.now} />,
              ],
            }))}
          />
          {answer.before !== null && (
            <nav class="pager" aria-label="Older changes">
              <a href={router.with({ before: answer.before })}>Older</a>
            </nav>
          )}
        </section>
      )}
    </>
  )
}

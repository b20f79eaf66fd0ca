import type { PartitionsAnswer, TableAnswer } from '../answers.ts'
import { useAnswer } from './ask.ts'
import { CoverageBar } from './coverage-bar.tsx'
import { CoverageLegend } from './coverage-legend.tsx'
import { DataTable } from './data-table.tsx'
import { format } from './format.ts'
import { Pager } from './pager.tsx'
import type { Place } from './router.ts'
import { SearchField } from './search-field.tsx'
import { StatusBadge } from './status-badge.tsx'
import { StepList } from './step-list.tsx'
import { Text } from './text.tsx'

const GAPS = 12

/** The coverage of a table: in total, its gaps, windows being read, and each partition. */
export function CoveragePanel({ answer, place }: { readonly answer: TableAnswer; readonly place: Place }) {
  const { table, gaps, underWay, now } = answer
  const { bar } = table
  if (bar === null && table.partitions <= 1) return null
  return (
    <section class="panel" aria-labelledby="coverage">
      <h2 id="coverage">Coverage</h2>
      {bar !== null && (
        <>
          <CoverageBar bar={bar} large />
          <p class="ends soft">
            <span>{bar.from === null ? 'the beginning' : format.position(bar.from)}</span>
            <span>{answer.cursor?.type === 'integer' ? format.position(bar.to) : 'now'}</span>
          </p>
          <CoverageLegend />
        </>
      )}
      {gaps.length > 0 && (
        <>
          <h3>Not covered yet, and read by the next run of this table</h3>
          <ul class="gaplist">
            {gaps.slice(0, GAPS).map(({ from, to }) => (
              <li key={to}>
                {from === null ? 'the beginning' : format.position(from)} <span class="soft">to</span>{' '}
                {format.position(to)}
              </li>
            ))}
            {gaps.length > GAPS && <li class="soft">and {format.count((bar?.gaps ?? gaps.length) - GAPS)} more</li>}
          </ul>
        </>
      )}
      {underWay.length > 0 && (
        <>
          <h3>Being read now</h3>
          <StepList steps={underWay} now={now} caption="Windows that are being read" of="run" />
        </>
      )}
      {table.partitions > 1 && <Partitions name={table.name} place={place} now={now} />}
    </section>
  )
}

function Partitions({ name, place, now }: { readonly name: string; readonly place: Place; readonly now: number }) {
  const search = place.search.get('partition') ?? ''
  const question = new URLSearchParams({ name, page: place.search.get('page') ?? '1', search })
  const { answer } = useAnswer<PartitionsAnswer>(`/api/partitions?${question}`)
  if (answer === undefined) return null
  const columns = [
    { name: 'partition', label: 'Partition', isTitle: true },
    { name: 'coverage', label: 'Coverage' },
    { name: 'to', label: 'Complete to' },
    { name: 'state', label: 'State' },
  ]
  return (
    <>
      <div class="heading">
        <h3>{format.plural(answer.count, 'partition')}</h3>
        <SearchField label="Search partitions" word="partition" place={place} />
      </div>
      <DataTable
        caption="Partitions, with the coverage of each"
        columns={columns}
        rows={answer.partitions.map((one) => ({
          key: one.partition,
          cells: [
            <Text key="partition">{one.partition}</Text>,
            one.bar === null ? <span class="soft">–</span> : <CoverageBar key="coverage" bar={one.bar} />,
            one.completeTo === null ? 'not complete' : format.position(one.completeTo),
            <div key="state">
              <StatusBadge
                status={
                  one.isGone
                    ? 'removed'
                    : one.failures > 0
                      ? 'failing'
                      : one.completeTo === null
                        ? 'backfilling'
                        : 'complete'
                }
                {...(one.isGone
                  ? { text: 'removed' }
                  : one.failures > 0
                    ? { text: `failed ${one.failures} times` }
                    : {})}
              />
              {one.error !== null && (
                <p class="problem">
                  <Text>{one.error}</Text>
                  {one.nextTryAt !== null && `, next try ${format.until(one.nextTryAt, now)}`}
                  {one.fix !== null && (
                    <span class="soft">
                      {' '}
                      How to fix:{' '}
                      <Text>{`${one.fix.what}; ${one.fix.when}: ${one.fix.command}; see ${one.fix.see}`}</Text>
                    </span>
                  )}
                </p>
              )}
            </div>,
          ],
        }))}
      />
      <Pager page={answer.page} pages={answer.pages} label="Pages of partitions" />
    </>
  )
}

import type { OverviewAnswer } from '../answers.ts'
import { CoverageLegend } from './coverage-legend.tsx'
import { DenseButton } from './dense-button.tsx'
import { format } from './format.ts'
import { Empty } from './notice.tsx'
import { Pager } from './pager.tsx'
import { type Place, router } from './router.ts'
import { SearchField } from './search-field.tsx'
import { TableList } from './table-list.tsx'

interface TablesPanelProps {
  readonly answer: OverviewAnswer
  readonly place: Place
}

/** The tables with their filter and legend: of all sources, or of one. */
export function TablesPanel({ answer, place }: TablesPanelProps) {
  return (
    <section class="panel" aria-label={place.path === '/' ? 'All tables' : 'Tables of this source'}>
      <Filter answer={answer} place={place} />
      {answer.tables.length === 0 ? (
        <Empty title="No table matches the filter">
          <p>
            <a href={router.with({ search: '', status: '', source: '', page: '' })}>
              Show all {format.count(answer.totals.tables)}
            </a>
          </p>
        </Empty>
      ) : (
        <>
          <TableList answer={answer} place={place} />
          <CoverageLegend />
        </>
      )}
      <Pager page={answer.page} pages={answer.pages} label="Pages of tables" />
    </section>
  )
}

const STATUSES = ['complete', 'backfilling', 'new', 'returned', 'failing', 'paused', 'stale', 'removed']
/** Groups of statuses, as the tiles choose them. */
const STATUS_WORDS: Readonly<Record<string, string>> = {
  fresh: 'fresh',
  coming: 'backfilling, new or returned',
  wrong: 'needs attention',
  rejects: 'with rejected rows',
}

function Filter({ answer, place }: TablesPanelProps) {
  const status = place.search.get('status') ?? ''
  return (
    <search class="filter">
      <SearchField label="Search tables" word="search" place={place} />
      <label>
        <span class="hidden">Status</span>
        <select
          value={status}
          onChange={(event) => router.go(router.with({ status: event.currentTarget.value, page: '' }))}
        >
          <option value="">All statuses</option>
          {[...new Set([...STATUSES, status].filter((one) => one !== ''))].map((one) => (
            <option key={one} value={one}>
              {STATUS_WORDS[one] ?? one}
            </option>
          ))}
        </select>
      </label>
      {answer.sources.length > 1 && place.path === '/' && (
        <label>
          <span class="hidden">Source</span>
          <select
            value={place.search.get('source') ?? ''}
            onChange={(event) => router.go(router.with({ source: event.currentTarget.value, page: '' }))}
          >
            <option value="">All sources</option>
            {answer.sources.map((source) => (
              <option key={source} value={source}>
                {format.visible(source)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        <span class="hidden">Time axis of the coverage</span>
        <select
          value={place.search.get('axis') ?? ''}
          onChange={(event) => router.go(router.with({ axis: event.currentTarget.value }))}
        >
          <option value="">One time axis</option>
          <option value="own">Each its own axis</option>
        </select>
      </label>
      <DenseButton />
      <span class="soft count" role="status">
        {answer.matching === answer.totals.tables
          ? format.plural(answer.matching, 'table')
          : `${format.count(answer.matching)} of ${format.plural(answer.totals.tables, 'table')}`}
      </span>
    </search>
  )
}

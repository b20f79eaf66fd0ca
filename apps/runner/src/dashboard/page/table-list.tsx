import { shortLeftText } from '../../show/estimate.ts'
import type { OverviewAnswer, TableLine } from '../answers.ts'
import { axisOfAll, CoverageBar, gapsIn, hasHistoryToCome, type TimeAxis } from './coverage-bar.tsx'
import { type Column, DataTable } from './data-table.tsx'
import { format } from './format.ts'
import { type Place, router } from './router.ts'
import { Sparkline } from './sparkline.tsx'
import { StatusBadge } from './status-badge.tsx'
import { Text } from './text.tsx'
import { TimeAgo } from './time-ago.tsx'

/** The tables, one line each. */
export function TableList({ answer, place }: { readonly answer: OverviewAnswer; readonly place: Place }) {
  const sort = place.search.get('sort') ?? 'attention'
  const isDown = place.search.get('order') === 'down'
  const sorting = (name: string): Pick<Column, 'onSort' | 'sorted'> => ({
    onSort: () => router.go(router.with({ sort: name, order: sort === name && !isDown ? 'down' : '', page: '' })),
    sorted: sort === name ? (isDown ? 'descending' : 'ascending') : undefined,
  })
  const axis = place.search.get('axis') === 'own' ? undefined : axisOfAll(answer.tables.map(({ bar }) => bar))
  const columns: readonly Column[] = [
    { name: 'table', label: 'Table', isTitle: true, ...sorting('name') },
    { name: 'status', label: 'Status', ...sorting('attention') },
    { name: 'coverage', label: axis === undefined ? 'Coverage' : `Coverage, ${format.day(axis[0])} to now` },
    { name: 'lag', label: 'Lag', align: 'right', ...sorting('lag') },
    { name: 'rows', label: 'Rows', align: 'right', ...sorting('rows') },
    { name: 'rejects', label: 'Rejected', align: 'right', ...sorting('rejects') },
    { name: 'runs', label: 'Rows per run' },
  ]
  return (
    <DataTable
      class="tables"
      caption="Tables and their progress"
      columns={columns}
      rows={answer.tables.map((table) => ({ key: table.name, cells: cellsOf(table, answer.now, axis) }))}
    />
  )
}

function cellsOf(table: TableLine, now: number, axis: TimeAxis | undefined) {
  const { name, source, problem, status, failing, partitions } = table
  return [
    <div key="table" class="who">
      <a href={router.table(name)}>
        <Text>{name}</Text>
      </a>
      <p class="soft">
        <a href={router.source(source)}>
          <Text>{source}</Text>
        </a>
        {partitions > 1 && `, ${format.plural(partitions, 'partition')}`}
        {failing > 0 && partitions > 1 && `, ${format.count(failing)} failing`}
        {table.resyncs > 0 && ', resync requested'}
      </p>
      {problem !== null && (
        <p class={status === 'paused' ? 'problem paused' : 'problem'} title={format.visible(problem)}>
          <Text>{problem}</Text>
        </p>
      )}
    </div>,
    <div key="status" class="state">
      <StatusBadge status={status} />
      {table.stale && <StatusBadge status="stale" />}
      {table.running > 0 && <StatusBadge status="running" text="reading" />}
      {table.nextTryAt !== null && <p class="soft">next try {format.until(table.nextTryAt, now)}</p>}
    </div>,
    <Covered key="coverage" table={table} now={now} axis={axis} />,
    <span key="lag">{table.lagMs === null ? <Dash /> : format.about(table.lagMs)}</span>,
    <span key="rows">
      {table.rows === null ? <Dash /> : `${table.rowsExact ? '' : '> '}${format.count(table.rows)}`}
    </span>,
    <span key="rejects">{table.rejects === 0 ? <Dash /> : <b class="warn">{format.count(table.rejects)}</b>}</span>,
    <Sparkline key="runs" values={table.spark} />,
  ]
}

function Dash() {
  return <span class="faint">–</span>
}

interface CoveredProps {
  readonly table: TableLine
  readonly now: number
  readonly axis: TimeAxis | undefined
}

function Covered({ table, now, axis }: CoveredProps) {
  const { bar, feed, isWhole, lastCheckedAt } = table
  if (bar === null)
    return (
      <span class="soft">
        {feed !== null ? (
          <>
            from the feed <Text>{feed.name}</Text>
            {lastCheckedAt !== null && (
              <>
                , checked <TimeAgo at={lastCheckedAt} now={now} />
              </>
            )}
          </>
        ) : isWhole ? (
          <>
            full refresh, checked <TimeAgo at={lastCheckedAt} now={now} />
          </>
        ) : (
          'not synced yet'
        )}
      </span>
    )
  const isComing = hasHistoryToCome(bar)
  const holes = gapsIn(bar)
  const left = table.workLeft === null ? undefined : shortLeftText(table.workLeft)
  return (
    <div class="covered">
      <CoverageBar bar={bar} axis={axis} />
      <p class="soft">
        <span>{bar.from === null ? 'from the beginning' : `from ${format.position(bar.from).slice(0, 10)}`}</span>
        <span>
          {holes > 0 && <b class="gaps">{format.plural(holes, 'gap')}, </b>}
          {isComing && 'backfilling, '}
          {format.percent(endless(bar.share, bar.coveredTo, bar.gaps))}
        </span>
        {left !== undefined && <span>{left}</span>}
      </p>
    </div>
  )
}

/** Data within the last thousandth of the range is new, not missing. */
function endless(share: number, coveredTo: number, gaps: number): number {
  return gaps === 0 && coveredTo > 0.999 && share > 0.999 * coveredTo ? 1 : share
}

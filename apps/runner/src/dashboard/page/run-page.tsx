import type { RunAnswer, TableRunLine } from '../answers.ts'
import { useAnswer } from './ask.ts'
import { DataTable } from './data-table.tsx'
import { format } from './format.ts'
import { TroubleNotice } from './notice.tsx'
import { Pager } from './pager.tsx'
import { type Place, router } from './router.ts'
import { RunBadge } from './run-badge.tsx'
import { RunLogPanel } from './run-log-panel.tsx'
import { StepList } from './step-list.tsx'
import { Text } from './text.tsx'
import { TimeAgo } from './time-ago.tsx'
import { TimeBar, TimeLegend } from './time-bar.tsx'

/** One run: how long each table took, and what failed. */
export function RunPage({ place }: { readonly place: Place }) {
  const id = place.search.get('id') ?? ''
  const page = place.search.get('page') ?? '1'
  const { answer, trouble } = useAnswer<RunAnswer>(`/api/run?${new URLSearchParams({ id, page })}`)
  return (
    <>
      <p class="crumbs">
        <a href={router.to('/runs')}>Runs</a>
      </p>
      {trouble !== undefined && <TroubleNotice trouble={trouble} />}
      {answer === undefined && trouble === undefined && <p class="loading">Reading the run …</p>}
      {answer !== undefined && <Run answer={answer} />}
      {answer !== undefined && <RunLogPanel id={id} before={place.search.get('log') ?? ''} />}
    </>
  )
}

function Run({ answer }: { readonly answer: RunAnswer }) {
  const { run, tables, failures, underWay, now } = answer
  const facts: readonly (readonly [string, string])[] = [
    ['Took', format.length((run.endedAt ?? now) - run.startedAt)],
    ['Tables', format.count(run.tables)],
    ['Steps', format.count(run.steps)],
    ['Rows read', format.count(run.read)],
    ['Rows written', format.count(run.written)],
    ['Rows deleted', format.count(run.deleted)],
    ['Rows rejected', format.count(run.rejected)],
    ['Failed steps', format.count(run.failedSteps)],
  ]
  return (
    <>
      <div class="heading">
        <h1>Run {run.run}</h1>
        <RunBadge run={run} />
        <span class="soft">
          <TimeAgo at={run.startedAt} now={now} />, {format.instant(run.startedAt)} UTC
        </span>
      </div>
      {run.error !== null && (
        <div class={run.exitCode === 0 ? 'notice' : 'notice bad'}>
          <div>
            <Text>{run.error}</Text>
          </div>
        </div>
      )}
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {run.foldedSteps > 0 && (
        <p class="soft">Steps that changed nothing (only counted): {format.count(run.foldedSteps)}.</p>
      )}
      {underWay.length > 0 && (
        <section class="panel" aria-labelledby="now">
          <h2 id="now">Being read now</h2>
          <StepList steps={underWay} now={now} caption="Windows that are being read" of="table" />
        </section>
      )}
      {failures.length > 0 && (
        <section class="panel" aria-labelledby="failures">
          <h2 id="failures">Failures</h2>
          <StepList steps={failures} now={now} caption="Steps that failed" of="table" />
        </section>
      )}
      {tables.length > 0 && (
        <section class="panel" aria-labelledby="tables">
          <div class="heading">
            <h2 id="tables">Time per table</h2>
            <TimeLegend />
          </div>
          <Tables tables={tables} />
          <Pager page={answer.page} pages={answer.pages} label="Pages of tables" />
        </section>
      )}
    </>
  )
}

function Tables({ tables }: { readonly tables: readonly TableRunLine[] }) {
  const most = Math.max(...tables.map(({ readingMs, writingMs }) => readingMs + writingMs))
  const columns = [
    { name: 'table', label: 'Table', isTitle: true },
    { name: 'time', label: 'Time' },
    { name: 'steps', label: 'Steps', align: 'right' as const },
    { name: 'read', label: 'Read', align: 'right' as const },
    { name: 'written', label: 'Written', align: 'right' as const },
    { name: 'rejects', label: 'Rejected', align: 'right' as const },
    { name: 'failed', label: 'Failed', align: 'right' as const },
  ]
  const zero = <span class="faint">–</span>
  return (
    <DataTable
      class="runs"
      caption="Tables of this run, slowest first"
      columns={columns}
      rows={tables.map((one) => ({
        key: one.table,
        cells: [
          <a key="table" href={router.table(one.table)}>
            <Text>{one.table}</Text>
          </a>,
          <TimeBar key="time" readingMs={one.readingMs} writingMs={one.writingMs} most={most} />,
          format.count(one.steps),
          format.count(one.read),
          format.count(one.written),
          one.rejected === 0 ? zero : <b class="warn">{format.count(one.rejected)}</b>,
          one.failedSteps === 0 ? zero : <b class="wrong">{format.count(one.failedSteps)}</b>,
        ],
      }))}
    />
  )
}

import type { RunLine, RunsAnswer } from '../answers.ts'
import { useAnswer } from './ask.ts'
import { DataTable } from './data-table.tsx'
import { format } from './format.ts'
import { Empty, TroubleNotice } from './notice.tsx'
import { type Place, router } from './router.ts'
import { RunBadge } from './run-badge.tsx'
import { TimeAgo } from './time-ago.tsx'
import { TimeBar, TimeLegend } from './time-bar.tsx'

/** All runs: how long each read and wrote, and what failed. */
export function RunsPage({ place }: { readonly place: Place }) {
  const before = place.search.get('before')
  const { answer, trouble } = useAnswer<RunsAnswer>(
    `/api/runs${before === null ? '' : `?before=${encodeURIComponent(before)}`}`,
  )
  return (
    <>
      <h1>Runs</h1>
      {trouble !== undefined && <TroubleNotice trouble={trouble} />}
      {answer === undefined && trouble === undefined && <p class="loading">Reading the runs …</p>}
      {answer !== undefined && answer.runs.length === 0 && (
        <Empty title="There are no runs yet">
          <p>A run is one sync, from its start to its report.</p>
        </Empty>
      )}
      {answer !== undefined && answer.runs.length > 0 && (
        <section class="panel" aria-label="All runs">
          <TimeLegend />
          <Runs answer={answer} />
          <nav class="pager" aria-label="Pages of runs">
            {before !== null && <a href={router.to('/runs')}>Newest</a>}
            {answer.before !== null && <a href={router.with({ before: answer.before })}>Older</a>}
          </nav>
        </section>
      )}
    </>
  )
}

function Runs({ answer: { runs, now } }: { readonly answer: RunsAnswer }) {
  const most = Math.max(...runs.map(({ readingMs, writingMs }) => readingMs + writingMs))
  const columns = [
    { name: 'run', label: 'Run', isTitle: true },
    { name: 'state', label: 'State' },
    { name: 'took', label: 'Took', align: 'right' as const },
    { name: 'time', label: 'Step time' },
    { name: 'tables', label: 'Tables', align: 'right' as const },
    { name: 'rows', label: 'Rows', align: 'right' as const },
    { name: 'rejects', label: 'Rejected', align: 'right' as const },
    { name: 'failed', label: 'Failed steps', align: 'right' as const },
  ]
  return (
    <DataTable
      class="runs"
      caption="Runs, newest first"
      columns={columns}
      rows={runs.map((run) => ({ key: run.run, cells: cellsOf(run, now, most) }))}
    />
  )
}

function cellsOf(run: RunLine, now: number, most: number) {
  const zero = <span class="faint">–</span>
  return [
    <span key="run">
      <a href={router.run(run.run)}>Run {run.run}</a>{' '}
      <span class="soft">
        <TimeAgo at={run.startedAt} now={now} />
      </span>
    </span>,
    <RunBadge key="state" run={run} />,
    format.length((run.endedAt ?? now) - run.startedAt),
    <TimeBar key="time" readingMs={run.readingMs} writingMs={run.writingMs} most={most} />,
    format.count(run.tables),
    format.count(run.written),
    run.rejected === 0 ? zero : <b class="warn">{format.count(run.rejected)}</b>,
    run.failedSteps === 0 ? zero : <b class="wrong">{format.count(run.failedSteps)}</b>,
  ]
}

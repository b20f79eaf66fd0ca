import type { TableAnswer } from '../answers.ts'
import { ActionButton } from './actions.tsx'
import { useAnswer } from './ask.ts'
import { Chart } from './chart.tsx'
import { CopyLine } from './copy-button.tsx'
import { CoveragePanel } from './coverage-panel.tsx'
import { Facts } from './facts.tsx'
import { FeedPanel } from './feed-panel.tsx'
import { FixLines } from './fix-lines.tsx'
import { format } from './format.ts'
import { Icon } from './icon.tsx'
import { TroubleNotice } from './notice.tsx'
import { RejectsPanel } from './rejects-panel.tsx'
import { type Place, router } from './router.ts'
import { RowsPanel } from './rows-panel.tsx'
import { ShapePanel } from './shape-panel.tsx'
import { StatusBadge } from './status-badge.tsx'
import { StepList } from './step-list.tsx'
import { Text } from './text.tsx'

/** Everything about one table. */
export function TablePage({ place, allowsActions }: { readonly place: Place; readonly allowsActions: boolean }) {
  const name = place.search.get('name') ?? ''
  const { answer, trouble } = useAnswer<TableAnswer>(`/api/table?${new URLSearchParams({ name })}`)
  return (
    <>
      <p class="crumbs">
        <a href={router.to('/')}>Tables</a>
      </p>
      {trouble !== undefined && <TroubleNotice trouble={trouble} />}
      {answer === undefined && trouble === undefined && <p class="loading">Reading the state …</p>}
      {answer !== undefined && <Table key={name} answer={answer} place={place} allowsActions={allowsActions} />}
    </>
  )
}

interface TableProps {
  readonly answer: TableAnswer
  readonly place: Place
  readonly allowsActions: boolean
}

function Table({ answer, place, allowsActions }: TableProps) {
  const { table, now, runs, lags } = answer
  return (
    <>
      <div class="heading">
        <h1>
          <Text>{table.name}</Text>
        </h1>
        <StatusBadge status={table.status} />
        {table.stale && <StatusBadge status="stale" />}
        {table.running > 0 && (
          <StatusBadge
            status="running"
            text={table.feed === null ? `reading ${format.plural(table.running, 'window')}` : 'reading changes'}
          />
        )}
        {allowsActions && (
          <div class="buttons">
            <ActionButton verb="sync" table={table.name} label="Sync" isMain />
            {table.status !== 'paused' && <ActionButton verb="resync" table={table.name} label="Resync" />}
            {table.status !== 'paused' && table.feed === null && (
              <ActionButton verb="pause" table={table.name} label="Pause" />
            )}
            {table.isPausedByHand && <ActionButton verb="resume" table={table.name} label="Resume" />}
            {table.rejects > 0 && <ActionButton verb="retry" table={table.name} label="Retry rejected rows" />}
          </div>
        )}
      </div>
      {table.problem !== null && <Problem answer={answer} />}
      <Facts answer={answer} />
      {table.deletions === 'unseen' && (
        <p class="soft">
          Rows that are deleted at the source stay here: the table is synced by a cursor, and its source does not report
          deletions. To find them: <code>{answer.commands.resync}</code>; see <Text>{answer.deletionsSee}</Text>
        </p>
      )}
      {table.feed === null ? (
        <CoveragePanel answer={answer} place={place} />
      ) : (
        <FeedPanel feed={table.feed} isExplained={table.problem !== null} underWay={answer.underWay} now={now} />
      )}
      {runs.length > 1 && (
        <div class="columns">
          <section class="panel" aria-label="Rows over time">
            <Chart
              title="Rows written by each run"
              kind="bars"
              times={runs.map(({ startedAt }) => startedAt)}
              values={runs.map(({ written }) => written)}
              show={format.short}
            />
          </section>
          <section class="panel" aria-label="Lag over time">
            {lags.length > 1 ? (
              <Chart
                title="Age of the newest data"
                says={ageText(answer)}
                limit={limitOf(answer)}
                kind="line"
                times={lags.map(({ at }) => at)}
                values={lags.map(({ lagMs }) => lagMs)}
                show={(ms) => (ms === 0 ? '0' : format.length(ms))}
              />
            ) : (
              <>
                <h2>Lag</h2>
                <p class="soft">
                  {table.feed !== null
                    ? 'The lag of a table that a feed tells is that of its feed, above.'
                    : answer.cursor?.type === 'integer'
                      ? 'A table with an integer cursor does not say how old its data is.'
                      : 'There are not enough syncs yet.'}
                </p>
              </>
            )}
          </section>
        </div>
      )}
      {answer.failures.length > 0 && (
        <section class="panel" aria-labelledby="errors">
          <h2 id="errors">Last errors</h2>
          <StepList steps={answer.failures} now={now} caption="The last errors of this table" of="run" />
        </section>
      )}
      {table.rejects > 0 && <RejectsPanel name={table.name} now={now} command={answer.commands.retry} />}
      <RowsPanel name={table.name} place={place} />
      <section class="panel" aria-labelledby="ask">
        <h2 id="ask">Query this table</h2>
        <CopyLine text={answer.query} label="the query" />
        <CopyLine text={answer.commands.query} label="the command" />
      </section>
      <ShapePanel answer={answer} />
    </>
  )
}

/** The line is left out where it would press the others flat. */
function limitOf({ lags, allowedMs }: TableAnswer): number | undefined {
  return Math.max(...lags.map(({ lagMs }) => lagMs)) * 5 < allowedMs ? undefined : allowedMs
}

/** Whether the table was ever older than promised, which is what the chart is looked at for. */
function ageText({ lags, allowedMs }: TableAnswer): string {
  const allowed = `allowed: ${format.length(allowedMs)}`
  const oldest = Math.max(...lags.map(({ lagMs }) => lagMs))
  if (oldest <= allowedMs) return `Never older than allowed; ${allowed}, the oldest: ${format.length(oldest)}`
  const late = lags.filter(({ lagMs }, at) => lagMs > allowedMs && (lags[at + 1]?.lagMs ?? 0) <= lagMs).length
  return `Older than allowed ${late === 1 ? 'once' : `${format.count(late)} times`}; ${allowed}, the oldest: ${format.length(oldest)}`
}

function Problem({ answer: { table, now } }: { readonly answer: TableAnswer }) {
  const { fix, problem, nextTryAt, status } = table
  const isPaused = status === 'paused'
  return (
    <div class={isPaused ? 'notice warn' : 'notice bad'}>
      <Icon name={isPaused ? 'pause' : 'warn'} />
      <div>
        <strong>
          {table.isPausedByHand ? 'Paused' : isPaused ? 'Paused: a decision is needed' : 'The last sync failed'}
        </strong>
        <p>
          <Text>{problem ?? ''}</Text>
        </p>
        {nextTryAt !== null && <p class="soft">Next try {format.until(nextTryAt, now)}.</p>}
        {fix !== null && <FixLines fix={fix} />}
      </div>
    </div>
  )
}

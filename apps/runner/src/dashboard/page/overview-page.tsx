import { useEffect, useRef, useState } from 'preact/hooks'
import type { OverviewAnswer } from '../answers.ts'
import { ActionButton } from './actions.tsx'
import { useAnswer } from './ask.ts'
import { CopyLine } from './copy-button.tsx'
import { format } from './format.ts'
import { Empty, TroubleNotice } from './notice.tsx'
import { Pager } from './pager.tsx'
import { readingText } from './reading-text.ts'
import { type Place, router } from './router.ts'
import { RunBanner } from './run-banner.tsx'
import { RunnerNotice } from './runner-notice.tsx'
import { SourceNotices } from './source-notices.tsx'
import { TableList } from './table-list.tsx'
import { Text } from './text.tsx'
import { Tiles } from './tiles.tsx'
import { WorkersNotice } from './workers-notice.tsx'

/** All tables: which are fresh, which are backfilling, which need attention. */
export function OverviewPage({ place }: { readonly place: Place }) {
  const { answer, trouble } = useAnswer<OverviewAnswer>(`/api/overview?${place.search}`)
  if (answer === undefined)
    return trouble === undefined ? <p class="loading">Reading the state …</p> : <TroubleNotice trouble={trouble} />
  const { totals } = answer
  if (totals.tables === 0)
    return (
      <>
        <h1>Tables</h1>
        <WorkersNotice answer={answer} />
        <SourceNotices answer={answer} />
        <Empty title="There are no tracked tables yet">
          <p>The first sync discovers the tables of the installed sources and syncs them:</p>
          <CopyLine text={answer.syncCommand} label="the command" />
          {answer.allowsActions && <ActionButton verb="sync" label="Sync now" isMain />}
        </Empty>
      </>
    )
  return (
    <>
      {trouble !== undefined && <TroubleNotice trouble={trouble} />}
      <div class="heading">
        <h1>Tables</h1>
        <span class="soft">
          <Text>{answer.place}</Text>
        </span>
        {answer.allowsActions && <ActionButton verb="sync" label="Sync now" isMain />}
      </div>
      <WorkersNotice answer={answer} />
      {(answer.work.length === 0 || answer.runner.state !== 'none') && <RunnerNotice answer={answer} />}
      <SourceNotices answer={answer} />
      <Tiles totals={totals} place={place} now={answer.now} />
      {answer.running !== null && (
        <RunBanner run={answer.running} reading={readingText(totals) ?? '0 windows'} now={answer.now} />
      )}
      <section class="panel" aria-label="All tables">
        <Filter answer={answer} place={place} />
        {answer.tables.length === 0 ? (
          <Empty title="No table matches the filter">
            <p>
              <a href={router.to('/')}>Show all {format.count(totals.tables)}</a>
            </p>
          </Empty>
        ) : (
          <TableList answer={answer} place={place} />
        )}
        <Pager page={answer.page} pages={answer.pages} label="Pages of tables" />
      </section>
    </>
  )
}

const STATUSES = ['complete', 'backfilling', 'new', 'returned', 'failing', 'paused', 'stale', 'removed']
const TYPING_MS = 180

function Filter({ answer, place }: { readonly answer: OverviewAnswer; readonly place: Place }) {
  const asked = place.search.get('search') ?? ''
  const [text, setText] = useState(asked)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const typed = useRef(asked)
  useEffect(() => {
    // After a link or the back button the field follows the address.
    if (asked !== typed.current) setText(asked)
    typed.current = asked
  }, [asked])
  const type = (value: string): void => {
    setText(value)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      typed.current = value
      router.go(router.with({ search: value, page: '' }), 'replace')
    }, TYPING_MS)
  }
  const status = place.search.get('status') ?? ''
  return (
    <search class="filter">
      <label>
        <span class="hidden">Search tables</span>
        <input
          type="search"
          placeholder="Search tables"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => type(event.currentTarget.value)}
        />
      </label>
      <label>
        <span class="hidden">Status</span>
        <select
          value={status}
          onChange={(event) => router.go(router.with({ status: event.currentTarget.value, page: '' }))}
        >
          <option value="">All statuses</option>
          {[...new Set([...STATUSES, status].filter((one) => one !== ''))].map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      {answer.sources.length > 1 && (
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
      <span class="soft count" role="status">
        {answer.matching === answer.totals.tables
          ? format.plural(answer.matching, 'table')
          : `${format.count(answer.matching)} of ${format.plural(answer.totals.tables, 'table')}`}
      </span>
    </search>
  )
}

import type { OverviewAnswer } from '../answers.ts'
import { ActionButton } from './actions.tsx'
import { useAnswer } from './ask.ts'
import { TroubleNotice } from './notice.tsx'
import { readingText } from './reading-text.ts'
import type { Place } from './router.ts'
import { RunBanner } from './run-banner.tsx'
import { RunnerNotice } from './runner-notice.tsx'
import { SchedulePanel } from './schedule-panel.tsx'
import { SetupPanel } from './setup-panel.tsx'
import { SourceNotices } from './source-notices.tsx'
import { TablesPanel } from './tables-panel.tsx'
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
        <SetupPanel answer={answer} />
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
      <TablesPanel answer={answer} place={place} />
      <SchedulePanel answer={answer} />
    </>
  )
}

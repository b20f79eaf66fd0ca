import type { OverviewAnswer } from '../answers.ts'
import type { ConfigAnswer } from '../list-answers.ts'
import { useAnswer } from './ask.ts'
import { TroubleNotice } from './notice.tsx'
import { type Place, router } from './router.ts'
import { SchedulePanel } from './schedule-panel.tsx'
import { EDITING_MS } from './setup-panel.tsx'
import { SourceNotices } from './source-notices.tsx'
import { SourceSetup } from './source-setup.tsx'
import { TablesPanel } from './tables-panel.tsx'
import { Text } from './text.tsx'
import { Tiles } from './tiles.tsx'

/** Everything about one source: its tables, when it is read, and its config. */
export function SourcePage({ place }: { readonly place: Place }) {
  const name = place.search.get('name') ?? ''
  const question = new URLSearchParams(place.search)
  question.set('of', name)
  const { answer, trouble } = useAnswer<OverviewAnswer>(`/api/overview?${question}`)
  const { answer: config } = useAnswer<ConfigAnswer>('/api/config', EDITING_MS)
  const entries = config?.document?.sources.filter((one) => one.name === name) ?? []
  return (
    <>
      <p class="crumbs">
        <a href={router.to('/')}>Tables</a>
      </p>
      {trouble !== undefined && <TroubleNotice trouble={trouble} />}
      {answer === undefined && trouble === undefined && <p class="loading">Reading the state …</p>}
      {answer !== undefined && (
        <>
          <div class="heading">
            <h1>
              Source <Text>{name}</Text>
            </h1>
          </div>
          <SourceNotices answer={answer} />
          <Tiles totals={answer.totals} place={place} now={answer.now} />
          {answer.schedule.length > 0 && <SchedulePanel answer={answer} />}
          <TablesPanel answer={answer} place={place} />
          {entries.length > 0 && (
            <section class="panel" aria-labelledby="config">
              <h2 id="config">Config</h2>
              <SourceSetup sources={entries} file={config?.document?.file ?? null} />
            </section>
          )}
        </>
      )}
    </>
  )
}

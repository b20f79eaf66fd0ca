import { render } from 'preact'
import { useEffect } from 'preact/hooks'
import type { ActionAnswer, SessionAnswer } from '../answers.ts'
import { ActionPanel } from './actions.tsx'
import { ask } from './ask.ts'
import { ChangesPage } from './changes-page.tsx'
import { ConfigPage } from './config-page.tsx'
import { Header } from './header.tsx'
import { setAction, startLive, useLive } from './live.ts'
import { TroubleNotice } from './notice.tsx'
import { OverviewPage } from './overview-page.tsx'
import { followLinks, type Place, usePlace } from './router.ts'
import { RunPage } from './run-page.tsx'
import { RunsPage } from './runs-page.tsx'
import { SessionBar, startSession } from './session.tsx'
import { SourcePage } from './source-page.tsx'
import { TablePage } from './table-page.tsx'
import { takeToken, token } from './token.ts'
import 'uplot/dist/uPlot.min.css'
import './styles/base.css'
import './styles/parts.css'
import './styles/tables.css'
import './styles/dense.css'
import './styles/phone.css'

const TITLES: Readonly<Record<string, string>> = {
  '/': 'Tables',
  '/runs': 'Runs',
  '/changes': 'Changes',
  '/config': 'Config',
}

function App({ session }: { readonly session: SessionAnswer | undefined }) {
  const place = usePlace()
  const { trouble } = useLive()
  useEffect(() => {
    const subject = TITLES[place.path] ?? place.search.get('name') ?? `Run ${place.search.get('id') ?? ''}`
    document.title = `${subject} · Tidemark`
  }, [place])
  return (
    <>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <SessionBar session={session} />
      <Header place={place} />
      <main id="content" tabIndex={-1}>
        <ActionPanel />
        {trouble !== null && <TroubleNotice trouble={trouble} />}
        <Page place={place} />
      </main>
    </>
  )
}

function Page({ place }: { readonly place: Place }) {
  switch (place.path) {
    case '/table':
      return <TablePage place={place} allowsActions={token() !== null} />
    case '/source':
      return <SourcePage place={place} />
    case '/changes':
      return <ChangesPage place={place} />
    case '/config':
      return <ConfigPage />
    case '/runs':
      return <RunsPage place={place} />
    case '/run':
      return <RunPage place={place} />
    default:
      return <OverviewPage place={place} />
  }
}

takeToken()
followLinks()
startLive()
void startSession().then((session) => render(<App session={session} />, document.querySelector('#app')!))
void ask<{ action: ActionAnswer | null }>('/api/action')
  .then(({ action }) => setAction(action))
  .catch(() => {})

import type { OverviewAnswer } from '../answers.ts'
import type { ConfigAnswer } from '../list-answers.ts'
import { ActionButton } from './actions.tsx'
import { useAnswer } from './ask.ts'
import { CopyLine } from './copy-button.tsx'
import { Icon } from './icon.tsx'
import { Empty } from './notice.tsx'
import { SourceSetup } from './source-setup.tsx'
import { Text } from './text.tsx'

/** How often the config is looked at while somebody edits it. */
export const EDITING_MS = 1500

/** What is wrong with the config, as it is at this moment. */
export function ConfigProblem({ answer: { document: config, problem } }: { readonly answer: ConfigAnswer }) {
  const text = config === null ? problem : config.problem
  if (text === null) return null
  return (
    <div class="notice bad" role="status">
      <Icon name="warn" />
      <div>
        <strong>{config === null ? 'The config cannot be read' : 'The config is not valid'}</strong>
        {text.split('\n').map((line) => (
          <p key={line}>
            <Text>{line}</Text>
          </p>
        ))}
      </div>
    </div>
  )
}

/** Before the first sync: the installed sources, what to paste for each, whether the config is right by now, and the command to start. */
export function SetupPanel({ answer }: { readonly answer: OverviewAnswer }) {
  const { answer: config } = useAnswer<ConfigAnswer>('/api/config', EDITING_MS)
  const found = config?.document ?? null
  const sources = found?.sources ?? []
  const ready = sources.filter(({ state }) => state === 'configured')
  return (
    <>
      <Empty title="There are no tracked tables yet">
        <p>
          {found === null || found.problem !== null || ready.length === 0
            ? 'Configure a source below; the page checks the config as you save it. Then the first sync discovers its tables and syncs them:'
            : 'The config is valid. The first sync discovers the tables of the configured sources and syncs them:'}
        </p>
        <CopyLine text={answer.syncCommand} label="the command" />
        {answer.allowsActions && <ActionButton verb="sync" label="Sync now" isMain />}
      </Empty>
      {config !== undefined && <ConfigProblem answer={config} />}
      {found !== null && (
        <section class="panel" aria-labelledby="setup">
          <h2 id="setup">Installed sources</h2>
          <SourceSetup sources={sources} file={found.file} />
        </section>
      )}
    </>
  )
}

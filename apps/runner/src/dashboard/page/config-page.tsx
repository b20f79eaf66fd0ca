import type { ConfigAnswer } from '../list-answers.ts'
import { useAnswer } from './ask.ts'
import { DataTable } from './data-table.tsx'
import { TroubleNotice } from './notice.tsx'
import { ConfigProblem, EDITING_MS } from './setup-panel.tsx'
import { SourceSetup } from './source-setup.tsx'
import { Text } from './text.tsx'

/** The config as Tidemark understands it, and where each value comes from. */
export function ConfigPage() {
  const { answer, trouble } = useAnswer<ConfigAnswer>('/api/config', EDITING_MS)
  if (answer === undefined)
    return trouble === undefined ? <p class="loading">Reading the config …</p> : <TroubleNotice trouble={trouble} />
  const { document: config } = answer
  return (
    <>
      <div class="heading">
        <h1>Config</h1>
        {config !== null && (
          <span class="soft">
            <Text>{config.file ?? 'there is no config file: every setting has its default'}</Text>
          </span>
        )}
      </div>
      <ConfigProblem answer={answer} />
      {config !== null && (
        <>
          <section class="panel" aria-labelledby="sources">
            <h2 id="sources">Sources</h2>
            <SourceSetup sources={config.sources} file={config.file} />
          </section>
          <section class="panel" aria-labelledby="settings">
            <h2 id="settings">Settings</h2>
            <p class="soft">Secrets and the values of variables are ***. In a terminal: tidemark config show</p>
            <DataTable
              caption="Settings, and where each value comes from"
              class="settings"
              columns={[
                { name: 'setting', label: 'Setting', isTitle: true },
                { name: 'value', label: 'Value' },
                { name: 'from', label: 'From' },
              ]}
              rows={[...config.settings, ...config.sources.flatMap(({ settings }) => settings)].map(
                ({ path, value, from }) => ({
                  key: path,
                  cells: [
                    <Text key="path">{path}</Text>,
                    <code key="value">
                      <Text>{value}</Text>
                    </code>,
                    <span key="from" class="soft">
                      <Text>{from}</Text>
                    </span>,
                  ],
                }),
              )}
            />
          </section>
        </>
      )}
    </>
  )
}

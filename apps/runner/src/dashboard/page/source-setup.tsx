import type { ConfigAnswer } from '../list-answers.ts'
import { CopyBlock } from './copy-button.tsx'
import { StatusBadge } from './status-badge.tsx'
import { Text } from './text.tsx'

type Sources = NonNullable<ConfigAnswer['document']>['sources']

const WORDS: Readonly<Record<string, string>> = {
  configured: 'configured',
  incomplete: 'not configured',
  off: 'turned off',
  broken: 'cannot be loaded',
  unchecked: 'not checked',
}

/** The installed sources: whether each is configured, what is missing, and what to paste into the config. */
export function SourceSetup({ sources, file }: { readonly sources: Sources; readonly file: string | null }) {
  if (sources.length === 0)
    return (
      <p class="soft">
        No source is installed. Add one to the project, such as <code>pnpm add @tidemark/source-git</code>.
      </p>
    )
  return (
    <ul class="setup">
      {sources.map(({ name, package: from, version, state, problems, snippet }) => (
        <li key={`${name} ${from}`}>
          <div class="heading">
            <strong>
              <Text>{name}</Text>
            </strong>
            <StatusBadge status={state} text={WORDS[state] ?? state} />
            <span class="soft">
              <Text>{`${from}@${version}`}</Text>
            </span>
          </div>
          {problems.map((problem) => (
            <p class="problem" key={problem}>
              <Text>{problem}</Text>
            </p>
          ))}
          {snippet !== null && (
            <details open={state === 'incomplete'}>
              <summary>{file === null ? 'Write this into tidemark.config.ts' : 'Paste this into the config'}</summary>
              <CopyBlock text={snippet} label={`the config of ${name}`} />
            </details>
          )}
        </li>
      ))}
    </ul>
  )
}

import type { RunLogAnswer } from '../list-answers.ts'
import { useAnswer } from './ask.ts'
import { format } from './format.ts'
import { TroubleNotice } from './notice.tsx'
import { router } from './router.ts'
import { Text } from './text.tsx'

/** What a run logged: the newest lines, and a link to earlier ones. */
export function RunLogPanel({ id, before }: { readonly id: string; readonly before: string }) {
  const { answer, trouble } = useAnswer<RunLogAnswer>(`/api/run-log?${new URLSearchParams({ id, before })}`)
  return (
    <section class="panel" aria-labelledby="log">
      <h2 id="log">Log</h2>
      {trouble !== undefined && <TroubleNotice trouble={trouble} />}
      {answer !== undefined && <Lines answer={answer} isNewest={before === ''} />}
    </section>
  )
}

function Lines({ answer, isNewest }: { readonly answer: RunLogAnswer; readonly isNewest: boolean }) {
  const { lines, before, dropped } = answer
  if (lines.length === 0) return <p class="soft">Nothing is stored of what it logged.</p>
  return (
    <>
      {before === null && dropped > 0 && <p class="soft">Earlier lines that were dropped: {format.count(dropped)}.</p>}
      <ol class="log">
        {lines.map(({ line, at, level, text }) => (
          <li key={line}>
            <time dateTime={new Date(at).toISOString()}>{format.instant(at)}</time>{' '}
            <span class={level === 'error' ? 'wrong' : level === 'warn' ? 'warn' : undefined}>
              <Text>{text}</Text>
            </span>
          </li>
        ))}
      </ol>
      {(before !== null || !isNewest) && (
        <nav class="pager" aria-label="Pages of the log">
          {before === null ? (
            <span aria-disabled="true">Earlier</span>
          ) : (
            <a href={router.with({ log: before })}>Earlier</a>
          )}
          {isNewest ? <span aria-disabled="true">Newest</span> : <a href={router.with({ log: '' })}>Newest</a>}
        </nav>
      )}
    </>
  )
}

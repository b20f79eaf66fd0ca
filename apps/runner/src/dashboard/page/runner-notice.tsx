import type { OverviewAnswer } from '../answers.ts'
import { CopyLine } from './copy-button.tsx'
import { format } from './format.ts'
import { Icon } from './icon.tsx'
import { Text } from './text.tsx'

/** Which process syncs, if any, with the command to run if tables are stale. */
export function RunnerNotice({ answer }: { readonly answer: OverviewAnswer }) {
  const { runner, totals, now, againCommand } = answer
  if (runner.state === 'running') return null
  if (runner.state === 'waiting')
    return (
      <p class="soft">
        A runner is active (process {runner.pid} on <Text>{runner.host ?? ''}</Text>); the next run is due{' '}
        {format.until(Date.parse(runner.next_run_at ?? ''), now)}.
      </p>
    )
  const { last_run: last, missed_run_at: missed } = runner
  const ended = last?.ended_at == null ? '' : ` ${format.ago(Date.parse(last.ended_at), now)}`
  const how = last?.ended_by == null ? '' : ` (${last.ended_by})`
  const text = last === null ? 'There are no runs yet.' : `The last run ended${ended}${how}.`
  if (totals.stale === 0 && missed === null) return <p class="soft">No runner is active. {text}</p>
  return (
    <div class="notice warn" role="status">
      <Icon name="warn" />
      <div>
        <strong>No runner is active</strong>
        <p>
          {text}
          {missed !== null && ` The run that was due at ${format.instant(Date.parse(missed))} UTC did not start.`}
          {totals.stale > 0 && ` ${format.plural(totals.stale, 'table is', 'tables are')} stale. To keep syncing:`}
        </p>
        <CopyLine text={againCommand} label="the command" />
      </div>
    </div>
  )
}

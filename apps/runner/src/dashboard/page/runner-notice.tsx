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
        {format.until(runner.nextRunAt ?? now, now)}.
      </p>
    )
  const { lastRun: last, missedRunAt: missed } = runner
  const ended = last?.endedAt == null ? '' : ` ${format.ago(last.endedAt, now)}`
  const how = last?.endedBy == null ? '' : ` (${last.endedBy})`
  const text = last === null ? 'There are no runs yet.' : `The last run ended${ended}${how}.`
  if (totals.stale === 0 && missed === null) return <p class="soft">No runner is active. {text}</p>
  return (
    <div class="notice warn" role="status">
      <Icon name="warn" />
      <div>
        <strong>No runner is active</strong>
        <p>
          {text}
          {missed !== null && ` The run that was due at ${format.instant(missed)} UTC did not start.`}
          {totals.stale > 0 && ` ${format.plural(totals.stale, 'table is', 'tables are')} stale. To keep syncing:`}
        </p>
        <CopyLine text={againCommand} label="the command" />
      </div>
    </div>
  )
}

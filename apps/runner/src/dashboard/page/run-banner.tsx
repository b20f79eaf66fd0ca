import type { RunLine } from '../answers.ts'
import { format } from './format.ts'
import { router } from './router.ts'

/** The run in progress. */
export function RunBanner({
  run,
  reading,
  now,
}: {
  readonly run: RunLine
  /** What is being read. */
  readonly reading: string
  readonly now: number
}) {
  return (
    <a class="banner" href={router.run(run.run)}>
      <span class="pulse" aria-hidden="true" />
      <strong>Run {run.run} is in progress</strong>
      <span>{format.length(now - run.startedAt)}</span>
      <span>{format.plural(run.written, 'row')} written</span>
      <span>{reading} being read</span>
      {run.failedSteps > 0 && <span class="wrong">{format.plural(run.failedSteps, 'step')} failed</span>}
    </a>
  )
}

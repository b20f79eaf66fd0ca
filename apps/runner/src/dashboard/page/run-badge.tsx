import type { RunLine } from '../answers.ts'
import { StatusBadge } from './status-badge.tsx'

const WORDS: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'a bug',
  2: 'bad config',
  3: 'some failed',
  4: 'too many rejects',
  5: 'no source',
  6: 'database failed',
  7: 'held',
  130: 'stopped',
  143: 'stopped',
}

/** How a run ended, by its exit code in words. */
export function RunBadge({ run: { state, exitCode } }: { readonly run: Pick<RunLine, 'state' | 'exitCode'> }) {
  if (state !== 'ended') return <StatusBadge status={state} />
  return (
    <StatusBadge status={exitCode === 0 ? 'ended' : 'failed'} text={WORDS[exitCode ?? 0] ?? `exit code ${exitCode}`} />
  )
}

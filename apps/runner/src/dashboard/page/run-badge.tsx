import type { RunLine } from '../answers.ts'
import { StatusBadge } from './status-badge.tsx'

const WORDS: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'bug in Tidemark',
  2: 'config error',
  3: 'some tables failed',
  4: 'too many rejected rows',
  5: 'no source could be read',
  6: 'database failed',
  7: 'held',
}

/** How a run ended: why it ended early, else its exit code in words. */
export function RunBadge({ run }: { readonly run: Pick<RunLine, 'state' | 'exitCode' | 'endedBy'> }) {
  const { state, exitCode, endedBy } = run
  if (state === 'running')
    return <StatusBadge status="running" {...(endedBy === null ? {} : { text: `${endedBy}, stopping` })} />
  if (state === 'crashed') return <StatusBadge status="crashed" />
  // Something may have failed before the time limit.
  if (endedBy !== null)
    return (
      <StatusBadge
        status="stopped"
        text={endedBy === 'time limit' && exitCode !== 0 ? `time limit, exit code ${exitCode}` : endedBy}
      />
    )
  const word = exitCode === null ? 'ended' : (WORDS[exitCode] ?? `exit code ${exitCode}`)
  return <StatusBadge status={exitCode === 0 ? 'ended' : 'failed'} text={word} />
}

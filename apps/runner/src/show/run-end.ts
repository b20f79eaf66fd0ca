import type { RunRecord } from '@tidemark/destination'

/** Why a run ended early, in one word, as in the view `tidemark_runs`. */
const WORDS: Readonly<Record<string, string>> = {
  SIGINT: 'interrupted',
  SIGTERM: 'terminated',
  'max-time': 'time limit',
  abort: 'stopped',
  crash: 'crashed',
}

export function endedByWord(endedBy: string | undefined): string | undefined {
  return endedBy === undefined ? undefined : (WORDS[endedBy] ?? endedBy)
}

/** How a run ended, for people. */
export function endText({ state, endedBy, exitCode }: Pick<RunRecord, 'state' | 'endedBy' | 'exitCode'>): string {
  if (state === 'running') return endedBy === undefined ? 'running' : 'stopping'
  const texts = [endedByWord(endedBy), ...(exitCode === undefined ? [] : [`exit ${exitCode}`])]
  return texts.filter((text) => text !== undefined).join(', ') || 'ended'
}

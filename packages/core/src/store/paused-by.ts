/** How the reason of a table begins that somebody has paused: no run reads it until somebody resumes it. */
const PAUSED_BY = 'paused by '

export interface Pausing {
  /** A person or a machine: `ann@laptop`. */
  readonly who: string
  /** An instant, as text. */
  readonly at: string
  readonly why: string | undefined
}

/** Why a table waits that somebody has paused. */
export const pausedBy = ({ who, at, why }: Pausing): string =>
  `${PAUSED_BY}${who} at ${at}${why === undefined ? '' : `: ${why}`}`

/** Whether a table waits because somebody has paused it. */
export const isPausedBy = (pausedFor: string): boolean => pausedFor.startsWith(PAUSED_BY)

/** What the list of a table's changes says when it was resumed. */
export const resumedBy = (who: string): string => `resumed by ${who}`

/** Whether a change of a table is a decision of somebody, and not one of its shape. */
export const isDecision = (change: string): boolean => /^(?:paused|resumed) by /.test(change)

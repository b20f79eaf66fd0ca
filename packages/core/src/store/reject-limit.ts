/** Rows that are judged together, and how many of them were rejected. */
export interface RejectTally {
  readonly rows: number
  readonly rejected: number
}

/** The reject limit of a config: this share of more than `above` rows. */
export interface RejectShare {
  readonly share: number
  readonly above: number
}

export interface RejectCase {
  /** The rows of the step's window. */
  readonly step: RejectTally
  /** Of a partition that is read for the first time: all that it holds and rejects so far, however small its windows are. */
  readonly first?: RejectTally | undefined
  /** Whether good rows exist beside the step's own: in the partition at its first read, else anywhere in the table. */
  readonly holdsRows: boolean
}

/** How many rows do not fit, for people. @param rows what they are called. */
export const unfitText = ({ rejected, rows }: RejectTally, called = 'rows'): string =>
  rejected >= rows ? `none of ${rows} ${called} fit` : `${rejected} of ${rows} ${called} do not fit`

/** Of fewer rows a share says nothing. */
const MIN_ROWS = 10
/** More than this share of them is not an exception any more. */
const MAX_SHARE = 0.5

/**
 * Whether so many rows were rejected that the read does not count. A first read of which no row fits never
 * counts; of ten rows and more not more than half may be bad, of more than `above` rows not more than the share of the
 * config. Few bad rows in a small window of a table that holds rows never stop it.
 */
export function isPastRejectLimit({ step, first, holdsRows }: RejectCase, limit: RejectShare): boolean {
  if (step.rejected === 0) return false
  if (step.rejected >= step.rows && !holdsRows) return true
  if (step.rows > limit.above && step.rejected > step.rows * limit.share) return true
  return isMost(step, limit) || (first !== undefined && isMost(first, limit))
}

/** A config that allows more than half to be rejected is taken at its word. */
function isMost({ rows, rejected }: RejectTally, { share, above }: RejectShare): boolean {
  const most = rows > above ? Math.max(MAX_SHARE, share) : MAX_SHARE
  return rows >= MIN_ROWS && rejected > rows * most
}

import { z } from 'zod'
import { parseWalPosition } from './wal-position.ts'

/** A position of the log, as it is stored. */
export const LogOffset = z.object({
  /** By which the slot and the publications are named. */
  id: z.string(),
  /** The end of the last transaction that is whole, or how far the server was when none was open. */
  lsn: z.string(),
  /** The cluster's own number; null: it could not be asked for. */
  system: z.string().nullable(),
  timeline: z.int(),
  /** Transactions up to here that a reader might not see yet: a commit is in the log before others see it. Low 32 bits. */
  recent: z.array(z.int()).readonly(),
  /** What each table was like here, by its name: see `shapeText`. */
  shapes: z.record(z.string(), z.string()).readonly(),
  /** Tables whose older rows the log changed without telling how, and why: they are read again. */
  lost: z.record(z.string(), z.string()).readonly(),
  /** Such tables will be lost when the log has come to where that is known of: it is read on until then. */
  isChanging: z.boolean().default(false),
  /** Of a position that is only compared: shapes of tables, by name, that no offset has which is past it. */
  outdated: z.record(z.string(), z.string()).readonly().default({}),
})
export type LogOffset = z.infer<typeof LogOffset>

/**
 * Whether a position is at or after another one. One that has lost tables, or will have, is not: a run that ended there would call
 * them complete.
 */
export function isPast(offset: LogOffset, other: LogOffset): boolean {
  if (hasLost(offset) || offset.isChanging) return false
  if (Object.entries(other.outdated).some(([name, shape]) => (offset.shapes[name] ?? '') === shape)) return false
  return parseWalPosition(offset.lsn) >= parseWalPosition(other.lsn)
}

export const hasLost = ({ lost }: Pick<LogOffset, 'lost'>): boolean => Object.keys(lost).length > 0

/** A position that is only compared, and from which nobody continues. */
export function placeIn({ lsn, system, timeline }: Pick<LogOffset, 'lsn' | 'system' | 'timeline'>): LogOffset {
  return { id: '', lsn, system, timeline, recent: [], shapes: {}, lost: {}, isChanging: false, outdated: {} }
}

import type pg from 'pg'
import { sizeOf } from '../../size.ts'
import { ask } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import type { LogOffset } from './log-offset.ts'
import type { LogNames } from './publication.ts'
import { type LogHead, slotState } from './slot.ts'
import { slotBacklog } from './slot-backlog.ts'
import { parseWalPosition } from './wal-position.ts'

interface From {
  readonly offset: LogOffset
  /** Bytes of its log that the server may keep for the slot; undefined: as many as the server lets it. */
  readonly maxHeld: number | undefined
}

/** Why a slot does not continue from an offset, or may not. */
export async function slotLoss(
  client: pg.Client,
  names: LogNames,
  { offset, maxHeld }: From,
): Promise<string | undefined> {
  const { slot } = names
  const state = await slotState(client, slot)
  if (state === undefined) return `its replication slot "${slot}" was dropped`
  if (state.plugin !== 'pgoutput' || !state.isHere) return `its replication slot "${slot}" is now another one`
  if (state.walStatus === 'lost')
    return `its replication slot "${slot}" was invalidated: the server removed the log that it needs`
  if (state.confirmed > parseWalPosition(offset.lsn))
    return `its replication slot "${slot}" was advanced past the committed offset, by another reader or because this database was restored from a copy`
  if (maxHeld === undefined) return undefined
  const { heldBytes = 0 } = (await slotBacklog(client, names, { lsn: offset.lsn, maxHeld })) ?? {}
  if (heldBytes <= maxHeld) return undefined
  return `the server keeps ${sizeOf(heldBytes)} of its log for its replication slot "${slot}", and config.maxHeld is ${sizeOf(maxHeld)}`
}

/** Why a server does not have the log from an offset on. */
export async function serverLoss(sessions: Sessions, offset: LogOffset, head: LogHead): Promise<string | undefined> {
  if (head.system !== offset.system) return 'the server is another one'
  if (head.timeline === offset.timeline) return undefined
  const fork = await forkOf(sessions, offset.timeline, head)
  return fork === undefined || fork < parseWalPosition(offset.lsn)
    ? 'the server was promoted, or restored to an earlier time, before the committed offset'
    : undefined
}

/** Where the history of the server left a timeline; undefined: it was never on it. */
async function forkOf(sessions: Sessions, timeline: number, { timeline: now }: LogHead): Promise<bigint | undefined> {
  const client = await sessions.replicating()
  try {
    const [row] = await ask(client, `TIMELINE_HISTORY ${now}`)
    const text = String(row?.[1] ?? '')
    const line = text.split('\n').find((one) => Number(one.split('\t')[0]) === timeline)
    const lsn = line?.split('\t')[1]
    return lsn === undefined ? undefined : parseWalPosition(lsn)
  } finally {
    await client.end().catch(() => {})
  }
}

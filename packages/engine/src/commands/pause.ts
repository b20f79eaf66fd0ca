import { SyncError } from '@tidemark/core'
import {
  type Destination,
  formatInstant,
  isPausedBy,
  pausedBy,
  resumedBy,
  type State,
  type TableState,
} from '@tidemark/core/engine'
import { withTables } from '../lease/with-tables.ts'
import { knownTable } from './resync.ts'

export interface PauseOptions {
  /** Names of tracked tables. */
  readonly tables: readonly string[]
  /** Who decides: `ann@laptop`. */
  readonly who: string
  readonly why?: string | undefined
}

/** What a pause or a resume did, by table: nothing where it was so already. */
export interface PausedTable {
  readonly name: string
  readonly isChanged: boolean
}

/**
 * Pauses tables: no run reads them until they are resumed; rows and coverage stay. All of them or none.
 *
 * @throws SyncError `fix-config` where a table is not known, waits for another decision, or belongs to a feed; code `held`
 * where another runner holds one of them.
 */
export async function pause(destination: Destination, options: PauseOptions): Promise<readonly PausedTable[]> {
  const { who, why } = options
  return await decide(destination, options, checkPausable, isFree, async () => {
    const text = pausedBy({ who, at: formatInstant(await destination.now(), 'Z', 0), why })
    return { status: 'paused', pausedFor: text, text }
  })
}

/**
 * Resumes tables that somebody paused: the next run reads what they lack.
 *
 * @throws SyncError `fix-config` where a table is not known, or was paused by Tidemark; code `held` where another runner
 * holds one of them.
 */
export async function resume(destination: Destination, options: PauseOptions): Promise<readonly PausedTable[]> {
  const isPaused = (table: TableState): boolean => !isFree(table)
  return await decide(destination, options, checkResumable, isPaused, async () => ({
    status: 'backfilling',
    pausedFor: null,
    text: resumedBy(options.who),
  }))
}

const isFree = ({ pausedFor }: TableState): boolean => pausedFor === null

function checkPausable({ name, fed, pausedFor }: TableState): void {
  if (pausedFor !== null && !isPausedBy(pausedFor))
    throw usage(`${name} waits for a decision already, and no run reads it: ${pausedFor}`)
  if (fed !== undefined)
    throw usage(
      `${name} belongs to the feed "${fed.feed}", which continues for its other tables: changes that are left out meanwhile would be lost. To leave the table out, set sources.<name>.tables.<table> to false in the config`,
    )
}

function checkResumable({ name, pausedFor }: TableState): void {
  if (pausedFor !== null && !isPausedBy(pausedFor))
    throw usage(`${name} was paused by Tidemark, and resumes when that is decided: ${pausedFor}`)
}

/** A name that no table has may be that of a feed. */
function refuseFeed({ tables, feeds }: State, name: string): void {
  if ([...tables.values()].some((table) => table.name === name || table.table === name)) return
  const feed = [...(feeds ?? [])].find(([key, one]) => key === name || one.feed === name)?.[1]
  if (feed === undefined) return
  throw usage(
    `the feed "${feed.feed}" of "${feed.source}" cannot be paused: its system keeps all changes until they are read, such as a log on its disk, and drops them where it keeps no more. To read it later, stop the sync, or name the other tables and sources for it; to end it, set its tables to false in the config`,
  )
}

const usage = (message: string): SyncError => new SyncError(message, 'fix-config', { code: 'usage' })

interface Decision {
  readonly status: TableState['status']
  readonly pausedFor: string | null
  readonly text: string
}

async function decide(
  destination: Destination,
  { tables: names }: PauseOptions,
  check: (table: TableState) => void,
  isWanted: (table: TableState) => boolean,
  decision: () => Promise<Decision>,
): Promise<readonly PausedTable[]> {
  const before = await destination.state()
  for (const name of names) refuseFeed(before, name)
  const wanted = [...new Set(names.map((name) => knownTable(before, name).name))]
  return await withTables(destination, wanted, async (leases) => {
    // A run may have ended between the look and the lease.
    const { tables } = await destination.state()
    for (const name of wanted) check(tables.get(name)!)
    const { status, pausedFor, text } = await decision()
    for (const lease of leases) {
      if (!isWanted(tables.get(lease.table)!)) continue
      await destination.record(lease, [
        { kind: 'table', status, pausedFor },
        { kind: 'decision', text },
      ])
    }
    return wanted.map((name) => ({ name, isChanged: isWanted(tables.get(name)!) }))
  })
}

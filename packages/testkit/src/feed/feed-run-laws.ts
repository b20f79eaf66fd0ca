import type { Feed } from '@tidemark/core/engine'
import type { Finding } from '../source/law.ts'
import { contents, differences } from '../source/quiet-run.ts'
import { cut, textOf } from '../source/row-text.ts'
import type { FeedLaw } from './feed-law.ts'
import type { TestedFeed } from './tested-feed.ts'

/** In batches of so few rows a transaction is several, and each change is committed by itself. */
const FEW = 2
const MAX_LEFT_OUT = 3

export const feedRowsLaw: FeedLaw = {
  name: 'rows',
  says: 'a run gives the rows that the system has, however its changes are cut into batches',
  meaning: 'rows are missing, or hold values that the system does not have.',
  async check(world) {
    for (const batchRows of [undefined, FEW]) {
      await using place = await world.place()
      const destination = await world.memory()
      try {
        await world.runWell(place, { destination, batchRows })
        const after = batchRows === undefined ? 'after a run' : `after a run in batches of ${batchRows} rows`
        const expected = await world.expected(place)
        const empty = [...expected].find(([table, rows]) => rows.length === 0 && !world.isWaived(table))
        if (empty !== undefined)
          return [{ table: empty[0], example: 'rows() gives no row of it; give the test at least one' }]
        const found = differences(world, await contents(destination), expected, after)
        if (found.length > 0) return found
      } finally {
        await destination.close()
      }
    }
    return []
  },
}

export const acknowledgeLaw: FeedLaw = {
  name: 'acknowledge',
  says: 'what is acknowledged is committed, and what a run has committed at its end is acknowledged',
  meaning: 'the system drops changes that nobody has, or keeps for ever what everybody has.',
  async check(world) {
    if (world.feed.acknowledge === undefined) return []
    const findings: Finding[] = []
    for (const batchRows of [FEW, undefined]) findings.push(...(await acknowledgedIn(world, batchRows)))
    return findings.slice(0, 1)
  },
}

async function acknowledgedIn(world: TestedFeed, batchRows: number | undefined): Promise<readonly Finding[]> {
  await using place = await world.place()
  const destination = await world.memory()
  const committed = async (): Promise<string | undefined> =>
    [...((await destination.state()).feeds?.values() ?? [])][0]?.offset ?? undefined
  const findings: Finding[] = []
  const fail = (example: string): void => void findings.push({ table: undefined, example })
  // Where the source began nothing needs to be acknowledged.
  let acknowledged: unknown
  const listening = (feed: Feed): Feed => ({
    ...feed,
    begin:
      feed.begin &&
      (async (context: never) => {
        acknowledged = await feed.begin?.(context)
        return acknowledged
      }),
    async acknowledge(context: never) {
      const { offset } = context as { readonly offset: unknown }
      const there = await committed()
      if (!isCommitted(feed, offset, there))
        fail(`${cut(textOf(offset))} is acknowledged, and ${there ?? 'nothing'} is committed`)
      acknowledged = offset
      await feed.acknowledge?.(context)
    },
  })
  try {
    await world.runWell(place, { destination, batchRows, feed: listening })
    const last = await committed()
    if (last !== undefined && last !== JSON.stringify(acknowledged))
      fail(`a run has ended with ${cut(last)} committed, and ${cut(textOf(acknowledged))} is the last acknowledged`)
    return findings
  } finally {
    await destination.close()
  }
}

function isCommitted(feed: Feed, offset: unknown, committed: string | undefined): boolean {
  if (committed === undefined) return false
  if (committed === JSON.stringify(offset)) return true
  return feed.isPast?.(feed.offset.parse(JSON.parse(committed)) as never, offset as never) === true
}

export const tablesLaw: FeedLaw = {
  name: 'tables',
  says: 'a table that the config leaves out and later does not is complete',
  meaning: 'a table that is included later has only the rows that changed since.',
  async check(world) {
    const all = await world.allTables()
    if (all.length < 2) return []
    const findings: Finding[] = []
    for (const { name } of (await world.tables()).slice(0, MAX_LEFT_OUT)) findings.push(...(await leftOut(world, name)))
    return findings
  },
}

async function leftOut(world: TestedFeed, name: string): Promise<readonly Finding[]> {
  await using place = await world.place()
  const destination = await world.memory()
  try {
    await world.runWell(place, { destination, without: [name] })
    await world.runWell(place, { destination })
    return differences(
      world,
      await contents(destination),
      await world.expected(place),
      `"${name}" was left out in a first run; after the second`,
    )
  } finally {
    await destination.close()
  }
}

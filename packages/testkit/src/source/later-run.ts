import type { Source } from '@tidemark/core'
import type { Table } from '@tidemark/core/engine'
import { type Clock, systemClock } from '@tidemark/engine'
import type { OpenPlace } from './place.ts'
import { contents, demandSuccess, memory, runInto, withTables } from './quiet-run.ts'
import { type ReadRow, read } from './reading.ts'
import type { SourceUnderTest, Subject } from './source-under-test.ts'

/** One run in which nothing happens, by a clock by which everything is old enough: what it leaves behind. */
export async function laterRun(run: {
  readonly source: Source
  readonly config: unknown
  readonly clock: Clock
  readonly starts: Readonly<Record<string, string>>
}): Promise<ReadonlyMap<string, readonly string[]>> {
  const destination = await memory()
  try {
    demandSuccess(await runInto({ ...run, destination }))
    return await contents(destination)
  } finally {
    await destination.close()
  }
}

/** A clock by which everything that is there is old enough to be read, and today is over for a cursor of days. */
export function laterClock(tables: readonly Table[]): Clock {
  let ahead = 2_000_000n
  for (const { cursor, minAge } of tables) {
    if (cursor === undefined || cursor.type === 'integer') continue
    const own = minAge + cursor.tick + 2_000_000n
    if (own > ahead) ahead = own
  }
  return { ...systemClock, now: () => systemClock.now() + ahead }
}

/** The tables of a source that a check covers. */
export async function tablesIn(world: SourceUnderTest, place?: OpenPlace): Promise<readonly Table[]> {
  if (place === undefined) {
    await using own = await world.place()
    return await tablesIn(world, own)
  }
  await using opened = await world.open(place)
  return world.tables(opened)
}

export async function subjectsIn(world: SourceUnderTest, place: OpenPlace): Promise<readonly Subject[]> {
  await using opened = await world.open(place)
  return await world.subjects(opened)
}

/** The first partition of a table that has rows, with what can be read of it. */
export async function subjectIn(world: SourceUnderTest, place: OpenPlace, name: string): Promise<Subject | undefined> {
  await using opened = await world.open(place)
  const table = world.tables(opened).find((one) => one.name === name)
  return table === undefined ? undefined : (await world.subjectsOf(opened, table, 1))[0]
}

/** All rows of a table as the source gives them now, from where the test's window begins; of one partition, or of all. */
export async function rowsNow(
  world: SourceUnderTest,
  place: OpenPlace,
  { table: { name }, range }: Pick<Subject, 'table' | 'range'>,
  only?: string,
): Promise<readonly ReadRow[]> {
  await using opened = await world.open(place)
  const table = opened.tables.find((one) => one.name === name)
  if (table === undefined) return []
  const found: ReadRow[] = []
  for (const partition of await opened.partitions(table)) {
    if (only !== undefined && partition.id !== only) continue
    const whole = await opened.whole(table, partition)
    // Of this moment too, and of today where the cursor is a day.
    const more = table.end === undefined ? (table.cursor?.tick ?? 0n) + 2_000_000n : 0n
    const asked = whole === undefined ? undefined : { from: range?.from, to: whole.to + more }
    found.push(...(await read(opened, table, partition, asked)).rows)
  }
  return found
}

export function onlyTable(source: Source, name: string): Source {
  return withTables(source, (table) => (table.name === name ? table : undefined))
}

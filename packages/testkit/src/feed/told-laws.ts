import type { Change } from '@tidemark/core'
import { type Destination, type Table, UNCHANGED } from '@tidemark/core/engine'
import type { z } from 'zod'
import type { Finding } from '../source/law.ts'
import type { OpenPlace } from '../source/place.ts'
import { contents, differences } from '../source/quiet-run.ts'
import { cut, textOf } from '../source/row-text.ts'
import type { FeedLaw } from './feed-law.ts'
import type { TestedFeed } from './tested-feed.ts'
import { changesOfTable, tell } from './told-changes.ts'
import type { RawRow } from './told-rows.ts'

const MAX_ROWS = 4

/** A table whose history was read, and of which the test now tells changes. */
interface Subject {
  readonly world: TestedFeed
  readonly place: OpenPlace
  readonly destination: Destination
  readonly table: Table
  readonly rows: readonly RawRow[]
}

/** Checks each table after a run, in a place of its own. */
const toldLaw = (
  { minRows, isKeyed, ...law }: Omit<FeedLaw, 'check'> & { readonly minRows: number; readonly isKeyed: boolean },
  check: (subject: Subject) => Promise<readonly Finding[]>,
): FeedLaw => ({
  ...law,
  async check(world) {
    const findings: Finding[] = []
    for (const table of await world.tables()) {
      if (isKeyed && (table.primaryKey.length === 0 || othersOf(table).length === 0)) continue
      await using place = await world.place()
      const rows = await world.rowsOf(place, table.name)
      if (rows.length < minRows) {
        findings.push({
          table: table.name,
          example: `rows() gives ${rows.length} rows of it; give the test ${minRows}`,
        })
        continue
      }
      const destination = await world.memory()
      try {
        await world.runWell(place, { destination })
        findings.push(...(await check({ world, place, destination, table, rows })))
      } finally {
        await destination.close()
      }
    }
    return findings
  },
})

export const unchangedLaw = toldLaw(
  {
    name: 'unchanged',
    says: 'a value that a change leaves UNCHANGED stays, whatever its type',
    meaning: 'each edit sets the columns that it did not touch to NULL.',
    minRows: 1,
    isKeyed: true,
  },
  async (subject) => {
    const { upserted } = changesOfTable(subject.world, subject.table)
    const changes = subject.rows.slice(0, MAX_ROWS).map((row) => upserted([keyAlone(subject.table, row)]))
    return await differencesAfter(subject, changes, subject.rows, 'after a change that told the key alone')
  },
)

export const rekeysLaw = toldLaw(
  {
    name: 'rekeys',
    says: 'a row whose key changes keeps the columns that the change leaves UNCHANGED',
    meaning: 'a row that is renamed loses what it had, or takes the values of the row whose key it gets.',
    minRows: 2,
    isKeyed: true,
  },
  async (subject) => {
    const { table, rows } = subject
    const { upserted, deleted } = changesOfTable(subject.world, table)
    const [one, other] = rows as readonly [RawRow, RawRow]
    const [free, old] = [keyOf(table, one), keyOf(table, other)]
    const changes = [deleted([free as never]), upserted([keyAlone(table, one)], { before: old as never })]
    const expected = [...rows.slice(2), { ...other, ...free }]
    const after = `after the row ${cut(textOf(old))} got the key ${cut(textOf(free))}`
    return await differencesAfter(subject, changes, expected, after)
  },
)

export const truncationsLaw: FeedLaw = {
  name: 'truncations',
  says: 'rows that were truncated do not come back, also where the run that was told so is killed',
  meaning: 'a table that was emptied at the source stays full, or half full.',
  async check(world) {
    for (let failsBefore = 0; failsBefore <= MAX_ROWS; failsBefore++) {
      const found = await truncatedAndFailed(failsBefore).check(world)
      if (found.length > 0) return found
    }
    return []
  },
}

const truncatedAndFailed = (failsBefore: number): FeedLaw =>
  toldLaw({ ...truncationsLaw, minRows: 2, isKeyed: false }, async (subject) => {
    const { world, place, destination, table, rows } = subject
    const { truncated, upserted } = changesOfTable(world, table)
    const kept = rows.slice(0, Math.min(MAX_ROWS, rows.length - 1))
    const changes = [truncated(), ...kept.map((row) => upserted([row as never]))]
    await tell(world, place, { destination, changes, failsBefore })
    return await differencesAfter(subject, changes, kept, `truncated, killed before change ${failsBefore}, run again`)
  })

export const rejectsLaw = toldLaw(
  {
    name: 'rejects',
    says: 'after a change that does not fit no value of its row counts as sure until a whole version comes',
    meaning: 'a later change that leaves the column UNCHANGED shows a value that the system has long replaced.',
    minRows: 1,
    isKeyed: true,
  },
  async (subject) => {
    const { world, place, destination, table, rows } = subject
    const unfit = unfitField(table)
    if (unfit === undefined) return []
    const { upserted } = changesOfTable(world, table)
    const [row] = rows as readonly [RawRow]
    const doubtful = async (): Promise<number> => {
      const name = [...(await destination.state()).tables.values()].find((one) => one.table === table.name)?.name
      const { rows: counts } = await destination.query(`select count(*) from "${name}" where _missing is not null`)
      return Number(counts[0]?.[0])
    }
    const tellOne = (one: object): Promise<unknown> =>
      tell(world, place, { destination, changes: [upserted([one as never])] })
    const before = await doubtful()
    await tellOne({ ...row, ...unfit })
    await tellOne(keyAlone(table, row))
    if ((await doubtful()) !== before + 1) {
      const example = `a change of ${cut(textOf(keyOf(table, row)))} was rejected, and the old value of "${Object.keys(unfit)[0]}" counts as sure`
      return [{ table: table.name, example }]
    }
    const change = upserted([row as never])
    const after = 'after a change that was rejected and a whole version that fits'
    const found = await differencesAfter(subject, [change], rows, after)
    if (found.length > 0 || (await doubtful()) === before) return found
    return [{ table: table.name, example: `${after}, values still count as unsure` }]
  },
)

/** Tells changes, and compares what is there then. */
async function differencesAfter(
  { world, place, destination, table }: Subject,
  changes: readonly Change<never>[],
  rows: readonly RawRow[],
  after: string,
): Promise<readonly Finding[]> {
  await tell(world, place, { destination, changes })
  const expected = await world.contentsOf(new Map([[table.name, rows]]))
  const own = (all: ReadonlyMap<string, readonly string[]>) => new Map([[table.name, all.get(table.name) ?? []]])
  return differences(world, own(await contents(destination)), own(expected), after)
}

const othersOf = ({ columns, primaryKey }: Table): readonly string[] =>
  columns.map(({ name }) => name).filter((name) => !primaryKey.includes(name))

const keyOf = ({ primaryKey }: Table, row: RawRow): RawRow =>
  Object.fromEntries(primaryKey.map((name) => [name, row[name]]))

const keyAlone = (table: Table, row: RawRow): never =>
  ({ ...keyOf(table, row), ...Object.fromEntries(othersOf(table).map((name) => [name, UNCHANGED])) }) as never

const UNFIT_VALUES: readonly unknown[] = [{ is: 'unfit' }, 'unfit', -0.5, true]

/** A value that a column of the table does not take; undefined: each takes everything. */
function unfitField(table: Table): RawRow | undefined {
  const { shape } = table.row as z.ZodObject
  for (const name of othersOf(table)) {
    for (const value of UNFIT_VALUES) {
      const result = shape[name]?.['~standard'].validate(value)
      if (result !== undefined && !(result instanceof Promise) && result.issues !== undefined) return { [name]: value }
    }
  }
  return undefined
}

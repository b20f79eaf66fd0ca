import type { Table } from '@tidemark/core/engine'
import type { Report } from '@tidemark/engine'
import type { Finding } from '../source/law.ts'
import { contents, differences } from '../source/quiet-run.ts'
import { textOf } from '../source/row-text.ts'
import type { FeedLaw } from './feed-law.ts'
import type { TestedFeed } from './tested-feed.ts'

type ChangeKind = 'add' | 'edit' | 'remove'

/** How each is written in the options of a test. */
const WRITTEN: Readonly<Record<ChangeKind, string>> = {
  add: 'add: ({ table }) => { … }',
  edit: 'edit: ({ table, row }) => { … }',
  remove: 'remove: ({ table, row }) => { … }',
}
const DONE: Readonly<Record<ChangeKind, string>> = { add: 'added', edit: 'edited', remove: 'removed' }

const changeLaw = (kind: ChangeKind, law: Omit<FeedLaw, 'check'>): FeedLaw => ({
  ...law,
  async check(world) {
    const findings: Finding[] = []
    for (const table of await world.tables()) {
      // Rows of a table without a key are only added.
      if (kind !== 'add' && table.primaryKey.length === 0) continue
      if (world.options[kind] === undefined)
        findings.push({
          table: table.name,
          example: `pass "${kind}" to testFeed so that this check can run: ${WRITTEN[kind]}`,
        })
      else findings.push(...(await changedBetweenRuns(world, table, kind)))
    }
    return findings
  },
})

export const addsLaw = changeLaw('add', {
  name: 'adds',
  says: 'a row that is added between two runs is there after the next, once',
  meaning: 'new rows never arrive, or arrive with every run again.',
})
export const editsOfFeedLaw = changeLaw('edit', {
  name: 'edits',
  says: 'a row that is edited between two runs is as the system has it after the next',
  meaning: 'a payment stays unpaid, or loses what the edit did not touch.',
})
export const removesLaw = changeLaw('remove', {
  name: 'removes',
  says: 'a row that is removed between two runs is gone after the next',
  meaning: 'rows that were deleted long ago are counted and shown.',
})

async function changedBetweenRuns(world: TestedFeed, { name }: Table, kind: ChangeKind): Promise<readonly Finding[]> {
  await using place = await world.place()
  const destination = await world.memory()
  try {
    await world.runWell(place, { destination })
    const before = await world.expected(place)
    const [row] = await world.rowsOf(place, name)
    const { folder, url } = place
    if (kind === 'add') await world.options.add?.({ table: name, folder, url })
    else if (row === undefined)
      return [{ table: name, example: `it has no rows, so no row can be ${DONE[kind]}; give the test at least one` }]
    else await world.options[kind]?.({ table: name, folder, url, row })
    const expected = await world.expected(place)
    if (textOf([...before]) === textOf([...expected]))
      return [{ table: name, example: `${kind}() changed nothing that rows() gives` }]
    await world.runWell(place, { destination })
    const after = `a row was ${DONE[kind]} between two runs; after the second`
    const found = differences(world, await contents(destination), expected, after)
    if (found.length > 0) return found
    const again = writtenIn(await world.runWell(place, { destination }))
    return again === undefined
      ? []
      : [{ table: undefined, example: `nothing changed before a third run, but it wrote rows of ${again} again` }]
  } finally {
    await destination.close()
  }
}

/** A table that a run changed. */
function writtenIn({ tables }: Report): string | undefined {
  return tables.find(({ rows }) => rows.written + rows.deleted > 0)?.name
}

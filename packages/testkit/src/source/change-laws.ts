import { type Destination, union } from '@tidemark/core/engine'
import { applyChange, type ChangeKind, oldestOf, WRITTEN } from './change-kind.ts'
import { laterClock, laterRun, onlyTable, rowsNow, subjectIn, tablesIn } from './later-run.ts'
import type { Finding, Law } from './law.ts'
import { contents, demandSuccess, differences, memory, runInto, startsOf } from './quiet-run.ts'
import type { ReadRow } from './reading.ts'
import { cut, missing } from './row-text.ts'
import type { SourceUnderTest, Subject } from './source-under-test.ts'

export const editsLaw: Law = {
  name: 'edits',
  says: 'an old row that is edited between two runs is read by the next',
  meaning: 'a payment stays unpaid and an order open for ever, while the table is called complete.',
  async check(world) {
    const findings: Finding[] = []
    for (const { name, immutable } of await tablesIn(world)) {
      if (immutable) continue
      if (world.options.edit === undefined)
        findings.push({
          table: name,
          example: `pass "edit" to testSource so that this check can run: ${WRITTEN.edit}; if the rows of the table never change, set immutable: true`,
        })
      else findings.push(...(await changedBetweenRuns(world, name, 'edit')))
    }
    return findings
  },
}

export const deletionsLaw: Law = {
  name: 'deletions',
  says: 'a row that is removed is marked by the next run, or the table says that deletions are not seen',
  meaning: 'rows that were deleted long ago are counted and shown, and nothing tells users that they may be gone.',
  async check(world) {
    const findings: Finding[] = []
    for (const { name, cursor, deletions } of await tablesIn(world)) {
      const add = (example: string): void => void findings.push({ table: name, example })
      if (cursor !== undefined && deletions === undefined)
        add(
          "it is read by a cursor, but does not declare what happens to removed rows; set deletions: 'reported' if read() yields deleted([…]) or revision() reports their windows as stale, else deletions: 'unseen', which Tidemark shows to users",
        )
      else if (deletions === 'unseen') continue
      else if (world.options.remove === undefined)
        add(`pass "remove" to testSource so that this check can run: ${WRITTEN.remove}`)
      else findings.push(...(await changedBetweenRuns(world, name, 'remove')))
    }
    return findings
  },
}

const DONE = { edit: 'edited', remove: 'removed' } as const

/** Runs, changes an old row, runs again, and compares with a run that sees all of it at once. */
async function changedBetweenRuns(
  world: SourceUnderTest,
  name: string,
  kind: Exclude<ChangeKind, 'add'>,
): Promise<readonly Finding[]> {
  await using place = await world.place()
  const subject = await subjectIn(world, place, name)
  const row = subject === undefined ? undefined : oldestOf(subject)
  if (subject === undefined || row === undefined)
    return [{ table: name, example: `it has no rows, so no row can be ${DONE[kind]}; give the test at least one` }]
  const source = onlyTable(world.source, name)
  const config = world.config(place)
  const clock = laterClock([subject.table])
  const starts = startsOf([subject])
  const partition = subject.partition.id
  const destination = await memory()
  try {
    // The clock as it is: what changes now must lie above the end of what is read now.
    demandSuccess(await runInto({ source, config, destination, starts }))
    const before = await rowsNow(world, place, subject, partition)
    await applyChange(world, kind, { place, table: name, partition, row })
    const changed = changedRows(kind, before, await rowsNow(world, place, subject, partition))
    if (typeof changed === 'string') return [{ table: name, example: changed }]
    const old = kind === 'remove' ? changed[0] : await firstOld(changed, subject, destination)
    if (old === undefined)
      return [
        {
          table: name,
          example: `edit() changed ${cut(changed[0]!.text)}, which the lookback reads again whatever its cursor is; give the test an older row`,
        },
      ]
    demandSuccess(await runInto({ source, config, destination, clock, starts }))
    const twin = await laterRun({ source, config, clock, starts })
    const after = `${cut(old.text, 160)} was ${DONE[kind]} between two runs; after the second`
    return differences(world, await contents(destination), twin, after)
  } finally {
    await destination.close()
  }
}

/** The rows that are no longer what they were, as they were before; a text where that is not what was asked for. */
function changedRows(
  kind: 'edit' | 'remove',
  before: readonly ReadRow[],
  after: readonly ReadRow[],
): readonly ReadRow[] | string {
  const texts = new Set(
    missing(
      before.map(({ text }) => text),
      after.map(({ text }) => text),
    ),
  )
  const others = before.filter(({ text }) => texts.has(text))
  const keys = new Set(after.map(({ key }) => key))
  const isGone = ({ key }: ReadRow): boolean => (key === undefined ? after.length < before.length : !keys.has(key))
  const found = others.filter((row) => isGone(row) === (kind === 'remove'))
  if (found.length > 0) return found
  if (others.length === 0) return `${kind}() changed nothing that is read`
  return kind === 'edit'
    ? 'edit() turned the row into another row; it must keep the key of the row'
    : `remove() left the row ${cut(others[0]!.text)} with other values; it must remove the row`
}

/** A row that no lookback reads again: only its cursor can bring it back. */
async function firstOld(
  rows: readonly ReadRow[],
  { table, partition }: Subject,
  destination: Destination,
): Promise<ReadRow | undefined> {
  if (table.cursor === undefined) return rows[0]
  const { tables } = await destination.state()
  const known = [...tables.values()].find((one) => one.table === table.name)
  const end = union(known?.partitions.get(partition.id)?.covered ?? []).at(-1)?.to
  return end === undefined ? undefined : rows.find(({ position }) => isBelow(position, end - table.lookback))
}

function isBelow(position: ReadRow['position'], end: bigint): boolean {
  return typeof position === 'bigint' && position < end
}

import type { Table } from '@tidemark/core/engine'
import { applyChange, changesOf, WRITTEN } from './change-kind.ts'
import type { Finding, Law } from './law.ts'
import type { OpenPlace } from './place.ts'
import { type ReadRow, read } from './reading.ts'
import { cut } from './row-text.ts'
import type { SourceUnderTest } from './source-under-test.ts'

interface Answer {
  readonly partition: string
  readonly text: string | undefined
  readonly stale: number
  readonly rows: readonly ReadRow[]
}

export const revisionLaw: Law = {
  name: 'revision',
  says: 'a revision stays while nothing changes, and changes with the content',
  meaning:
    'a revision that never changes hides new rows forever; one that always changes makes every run read everything.',
  async check(world) {
    const findings: Finding[] = []
    for (const { table, nth } of await asked(world)) {
      const { name } = table
      await using place = await world.place()
      const add = (example: string): void => void findings.push({ table: name, example })
      const first = await ask(world, place, name, nth, undefined)
      const again = await ask(world, place, name, nth, undefined)
      if (first.text === undefined) continue
      if (first.text !== again.text) {
        add(`nothing changed, but the revision was ${cut(first.text, 80)} and then ${cut(String(again.text), 80)}`)
        continue
      }
      const known = await ask(world, place, name, nth, first.text)
      if (known.text !== first.text)
        add(
          `nothing changed, but called with its own last value as "previous", revision() returns ${cut(String(known.text), 80)}`,
        )
      if (known.stale > 0) add('nothing changed, but it reports windows as stale that were just read')
      const kinds = changesOf(table, world.options)
      if (kinds.length === 0)
        add(
          `pass "edit", "add" or "remove" to testSource so that this check can run: ${WRITTEN.edit}, ${WRITTEN.add}, ${WRITTEN.remove}`,
        )
      let last = first
      for (const kind of kinds) {
        const row = last.rows.find(({ value }) => value !== undefined)
        if (row === undefined) break
        await applyChange(world, kind, { place, table: name, partition: last.partition, row })
        const changed = await ask(world, place, name, nth, last.text)
        if (textsOf(changed) === textsOf(last)) add(`${kind}() changed nothing that is read`)
        else if (changed.text === last.text)
          add(`${kind}() changed rows, but the revision is still ${cut(String(last.text), 80)}`)
        last = changed
      }
    }
    return findings
  },
}

function textsOf({ rows }: Answer): string {
  return rows
    .map(({ text }) => text)
    .sort()
    .join('\n')
}

/** Tables with a revision, each with its first partition that has rows. Partitions may have other ids in another place. */
async function asked(world: SourceUnderTest): Promise<readonly { readonly table: Table; readonly nth: number }[]> {
  await using place = await world.place()
  await using opened = await world.open(place)
  const found: { table: Table; nth: number }[] = []
  for (const table of world.tables(opened)) {
    if (table.revision === undefined) continue
    const [subject] = await world.subjectsOf(opened, table, 1)
    const ids = (await opened.partitions(table)).map(({ id }) => id)
    if (ids.length > 0) found.push({ table, nth: Math.max(0, ids.indexOf(subject?.partition.id ?? '')) })
  }
  return found
}

/** Asks as a run of its own does: connected again, the revision before anything else. */
async function ask(
  world: SourceUnderTest,
  place: OpenPlace,
  name: string,
  nth: number,
  previous: string | undefined,
): Promise<Answer> {
  await using opened = await world.open(place)
  const table = opened.tables.find((one) => one.name === name)
  const partition = table === undefined ? undefined : (await opened.partitions(table))[nth]
  if (table === undefined || partition === undefined)
    throw new Error(`table "${name}" or its partition ${nth + 1} does not exist on another connection`)
  const answer = await table.revision?.(opened.question({ partition: partition.value, previous }))
  const { rows } = await read(opened, table, partition, await opened.whole(table, partition))
  const known = { partition: partition.id, rows }
  if (typeof answer === 'string') return { ...known, text: answer, stale: 0 }
  if (answer === undefined || answer === null) return { ...known, text: undefined, stale: 0 }
  const { revision, stale } = answer as { revision: string; stale: readonly unknown[] }
  return { ...known, text: revision, stale: stale.length }
}

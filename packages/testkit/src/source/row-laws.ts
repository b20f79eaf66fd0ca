import { CONTRACTS, isSource, type Table } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { binaryProblem } from './binary-pages.ts'
import type { Finding, Law } from './law.ts'
import type { OnePartition, Opened } from './opened.ts'
import { rejectsOf, startsOf } from './quiet-run.ts'
import { type ReadRow, read } from './reading.ts'
import { cut, missing, shortest, textOf } from './row-text.ts'
import { testRunner } from './test-runner.ts'

const SYSTEM = ['_synced_at', '_deleted_at', '_cursor', '_partition', '_extra', '_rowid_']
const LONGEST = 63

export const columnsLaw: Law = {
  name: 'columns',
  says: 'names, keys and cursors fit',
  meaning:
    'a table or column gets another name in the database than in the documentation, two become one, or rows with a NULL in their key are rejected.',
  async check(world) {
    const { source } = world
    const findings: Finding[] = []
    const add = (table: string | undefined, example: string): void => void findings.push({ table, example })
    if (!isSource(source)) return [{ table: undefined, example: 'it was not made by defineSource(…).with(…)' }]
    if (!CONTRACTS.includes(source.contract))
      add(undefined, `it was built for contract ${source.contract}; this testkit supports ${CONTRACTS.join(', ')}`)
    await using place = await world.place()
    await using opened = await world.open(place)
    if (opened.tables.length === 0) add(undefined, 'with this config and these fixtures it has no table')
    const destination = await openDestination({ url: ':memory:', runner: testRunner() })
    try {
      const names = new Map<string, string>()
      for (const { name } of opened.tables) {
        const wanted = `${source.name}_${name}`
        const given = destination.nameOf(wanted)
        if (given !== wanted) add(name, `it would be called "${given}" in the database, not "${wanted}"`)
        const twin = names.get(given.toLowerCase())
        if (twin !== undefined) add(name, `the database cannot distinguish it from "${twin}"`)
        names.set(given.toLowerCase(), name)
      }
    } finally {
      await destination.close()
    }
    for (const table of world.tables(opened)) {
      const seen = new Map<string, string>()
      for (const { name, nullable } of table.columns) {
        const twin = seen.get(name.toLowerCase())
        if (twin !== undefined) add(table.name, `the database cannot distinguish column "${name}" from "${twin}"`)
        seen.set(name.toLowerCase(), name)
        if (SYSTEM.includes(name.toLowerCase())) add(table.name, `column "${name}" has a name that Tidemark reserves`)
        if (Buffer.byteLength(name) > LONGEST)
          add(table.name, `column "${cut(name, 80)}" has more than ${LONGEST} bytes, so Tidemark renames it`)
        if (nullable && table.primaryKey.includes(name))
          add(table.name, `column "${name}" of the primary key may be NULL`)
      }
    }
    return findings.filter(({ table }) => table === undefined || !world.isWaived(table))
  },
}

const MAX_PARTITIONS = 20

export const rowsLaw: Law = {
  name: 'rows',
  says: 'rows fit their schema and the database',
  meaning: 'rows that do not fit are rejected and do not appear in the table.',
  async check(world) {
    await using place = await world.place()
    await using opened = await world.open(place)
    const findings: Finding[] = []
    const known: { readonly table: Table; readonly points: readonly bigint[] }[] = []
    for (const table of world.tables(opened)) {
      const add = (example: string): void => void findings.push({ table: table.name, example })
      let count = 0
      const partitions = await opened.partitions(table)
      const points: bigint[] = []
      for (const partition of partitions.slice(0, MAX_PARTITIONS)) {
        const range = await world.range(opened, table, partition)
        const { rows, all, deleted, odd } = await read(opened, table, partition, range)
        count += rows.length
        for (const { position } of rows) if (typeof position === 'bigint') points.push(position)
        const [strange] = odd
        if (strange !== undefined) add(`read() yielded ${strange}; a page is an array of rows, or deleted([…])`)
        const binary = await binaryProblem(opened, table, { partition, range, all })
        if (binary !== undefined) add(binary)
        const bad = all.filter((row) => row.problem !== undefined)
        const least = bad.find(({ text }) => text === shortest(bad.map((row) => row.text)))
        if (least !== undefined) add(`the row ${cut(least.text)} does not fit: ${least.problem}`)
        const bare = all.filter(
          ({ problem, position }) => problem === undefined && position === null && table.cursor !== undefined,
        )
        if (bare.length > 0 && table.nullCursor === 'reject')
          add(
            `the row ${cut(shortest(bare.map((row) => row.text)))} has no ${table.cursor?.column} and is rejected, although nullCursor allows it`,
          )
        for (const key of deleted) {
          const odd = table.primaryKey.find((name) => (key as Record<string, unknown>)?.[name] == null)
          if (table.primaryKey.length === 0)
            add('deleted([…]) says which key is gone, and the table has no primary key')
          else if (odd !== undefined) add(`deleted([…]) without the key's column "${odd}"`)
        }
      }
      // Before its first row every window is empty.
      if (partitions.length <= MAX_PARTITIONS) known.push({ table, points })
      if (count === 0) add('it has no rows to check; give the test a row or two of each table')
    }
    if (findings.length > 0) return findings
    const starts = { ...world.starts(opened.tables), ...startsOf(known) }
    return (await rejectsOf(world, place, starts)).filter(({ table }) => table === undefined || !world.isWaived(table))
  },
}

/** So many keys are looked for at once. */
const ASKED = 1000

/** The first row whose key the source does not find. */
async function firstLost(
  opened: Opened,
  { findKeys, primaryKey }: Table,
  partition: OnePartition,
  rows: readonly ReadRow[],
): Promise<ReadRow | undefined> {
  if (findKeys === undefined) return undefined
  const asked = rows.filter(({ value }) => value !== undefined).slice(0, ASKED)
  const keyIn = (value: object) => primaryKey.map((name) => (value as Readonly<Record<string, unknown>>)[name])
  const keys = asked.map(({ value }) => Object.fromEntries(keyIn(value!).map((part, at) => [primaryKey[at], part])))
  const answer = await findKeys(opened.question({ partition: partition.value, keys }))
  if (answer === undefined || answer === null) return undefined
  const found = new Set([...(answer as Iterable<object>)].map((key) => textOf(keyIn(key))))
  return asked.find(({ key }) => !found.has(key!))
}

export const keysLaw: Law = {
  name: 'keys',
  says: 'within a window each key comes once, and findKeys() finds it',
  meaning:
    'of two rows with one key only one stays in the table: the key does not identify a row, or the same page was read twice. A row that findKeys() does not find is marked as deleted when its cursor moves on.',
  async check(world) {
    await using place = await world.place()
    await using opened = await world.open(place)
    const findings: Finding[] = []
    for (const table of world.tables(opened)) {
      let seen = new Map<string, { readonly text: string; readonly partition: string }>()
      for (const { partition, rows } of await world.subjectsOf(opened, table)) {
        if (!table.globalKey) seen = new Map()
        for (const { key, text } of rows) {
          const first = key === undefined ? undefined : seen.get(key)
          if (first !== undefined) {
            const where = first.partition === partition.id ? '' : ` of partition "${first.partition}"`
            findings.push({
              table: table.name,
              example: `${table.primaryKey.join(', ')} = ${key} is returned twice: ${cut(first.text)}${where} and ${cut(text)}`,
            })
            break
          }
          if (key !== undefined) seen.set(key, { text, partition: partition.id })
        }
        const lost = await firstLost(opened, table, partition, rows)
        if (lost !== undefined)
          findings.push({
            table: table.name,
            example: `findKeys() does not find the row ${cut(lost.text)}, which read() gave`,
          })
      }
    }
    return findings
  },
}

export const repeatLaw: Law = {
  name: 'repeat',
  says: 'reading twice gives the same',
  meaning: 'a run that was interrupted, or a second machine, gets other rows than the first one did.',
  async check(world) {
    await using place = await world.place()
    await using first = await world.open(place)
    await using second = await world.open(place)
    const findings: Finding[] = []
    for (const { table, partition, range, rows } of await world.subjects(first)) {
      const before = rows.map(({ text }) => text)
      for (const [opened, whose] of [
        [first, 'the same connection'],
        [second, 'a new connection'],
      ] as const) {
        const [itsTable, itsPartition] = await same(opened, table.name, partition.id)
        const again = await read(opened, itsTable, itsPartition, range)
        const after = again.rows.map(({ text }) => text)
        const lost = missing(before, after)
        const more = missing(after, before)
        const example =
          lost.length > 0
            ? `the row ${cut(shortest(lost))} is missing the second time, over ${whose}`
            : more.length > 0
              ? `the row ${cut(shortest(more))} is returned only the second time, over ${whose}`
              : undefined
        if (example !== undefined) findings.push({ table: table.name, example })
      }
    }
    return findings
  },
}

export const orderedLaw: Law = {
  name: 'ordered',
  says: 'a table that says in which order it yields does so',
  meaning:
    'the engine stops reading at the first page past a window and takes the rest for later rows: rows that are returned out of order are lost.',
  async check(world) {
    await using place = await world.place()
    await using opened = await world.open(place)
    const findings: Finding[] = []
    for (const { table, partition } of await world.subjects(opened)) {
      if (table.ordered === undefined) continue
      const { all } = await read(opened, table, partition, await world.range(opened, table, partition))
      const placed = all.filter((row) => typeof row.position === 'bigint')
      const at = placed.findIndex(({ position }, nth) => {
        const before = placed[nth - 1]?.position
        if (nth === 0) return false
        return table.ordered === 'ascending' ? position! < before! : position! > before!
      })
      if (at > 0)
        findings.push({
          table: table.name,
          example: `it declares ordered: '${table.ordered}', but after ${cut(placed[at - 1]!.text)} follows ${cut(placed[at]!.text)}`,
        })
    }
    return findings
  },
}

/** A table and a partition as another connection has them. */
async function same(opened: Opened, name: string, id: string): Promise<readonly [Table, OnePartition]> {
  const table = opened.tables.find((one) => one.name === name)
  const partition = table === undefined ? undefined : (await opened.partitions(table)).find((one) => one.id === id)
  if (table === undefined || partition === undefined)
    throw new Error(
      `table "${name}"${id === '' ? '' : `, partition "${id}",`} exists on one connection but not on another`,
    )
  return [table, partition]
}

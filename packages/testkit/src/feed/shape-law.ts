import { isLoose, type Table, type TableChange, UNCHANGED } from '@tidemark/core/engine'
import type { z } from 'zod'
import type { Finding } from '../source/law.ts'
import { cut, textOf } from '../source/row-text.ts'
import type { FeedLaw } from './feed-law.ts'
import type { RawRow } from './told-rows.ts'

export const shapeLaw: FeedLaw = {
  name: 'shape',
  says: 'each change fits its table: its fields, their types, its key',
  meaning: 'rows are rejected, or lose fields that the table does not have; a deletion by half a key deletes nothing.',
  async check(world) {
    const wanted = await world.tables()
    await using place = await world.place()
    const { items } = await world.told(place)
    const changes = items.flatMap(({ change }) => (change === undefined ? [] : [change]))
    return wanted.flatMap((table): Finding[] => {
      const own = changes.filter((change) => change.table === table.name)
      if (!own.some(({ kind }) => kind === 'upserted'))
        return [{ table: table.name, example: 'the feed tells no row of it; give the test at least one' }]
      const problem = own.map((change) => problemOf(table, change)).find((one) => one !== undefined)
      return problem === undefined ? [] : [{ table: table.name, example: problem }]
    })
  },
}

function problemOf(table: Table, change: TableChange): string | undefined {
  if (change.kind === 'deleted') return first(change.keys, (key) => keyProblem(table, key, 'deleted'))
  if (change.kind !== 'upserted') return undefined
  const { before, rows } = change
  if (before !== undefined && rows.length !== 1) return `upserted with "before" has ${rows.length} rows; it takes one`
  return (
    (before === undefined ? undefined : keyProblem(table, before, 'before')) ??
    first(rows, (row) => rowProblem(table, row))
  )
}

function rowProblem(table: Table, row: RawRow): string | undefined {
  const { shape } = table.row as z.ZodObject
  const text = `the row ${cut(textOf(shown(row)))}`
  const unknown = Object.keys(row).find((name) => !Object.hasOwn(shape, name))
  if (unknown !== undefined && !isLoose(table.row))
    return `${text} has the field "${unknown}", which the table does not have; add it to the schema, or leave it out`
  const openKey = table.primaryKey.find((name) => row[name] === UNCHANGED)
  if (openKey !== undefined) return `${text} has UNCHANGED in "${openKey}", a column of the primary key`
  if (!Object.values(row).includes(UNCHANGED)) return misfit(text, (table.row as z.ZodObject).safeParse(row))
  if (table.primaryKey.length === 0) return `${text} has UNCHANGED, and the table has no primary key`
  for (const [name, schema] of Object.entries(shape)) {
    if (row[name] === UNCHANGED) continue
    const problem = misfit(text, schema['~standard'].validate(row[name]) as Misfit, name)
    if (problem !== undefined) return problem
  }
  return undefined
}

interface Misfit {
  readonly error?: { readonly issues: Issues } | undefined
  readonly issues?: Issues | undefined
}
type Issues = readonly { readonly path?: readonly PropertyKey[] | undefined; readonly message: string }[]

function misfit(text: string, { error, issues = error?.issues }: Misfit, name = ''): string | undefined {
  const [issue] = issues ?? []
  if (issue === undefined) return undefined
  const field = [name, ...(issue.path ?? []).map(String)].filter((one) => one !== '').join('.')
  return `${text} does not fit: ${field}: ${issue.message}`
}

function keyProblem({ primaryKey }: Table, key: RawRow, where: string): string | undefined {
  if (primaryKey.length === 0) return `"${where}" names a row of a table without a primary key`
  const absent = primaryKey.find((name) => key[name] === undefined || key[name] === null || key[name] === UNCHANGED)
  return absent === undefined ? undefined : `the key ${cut(textOf(shown(key)))} of "${where}" has no "${absent}"`
}

const shown = (row: RawRow): RawRow =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === UNCHANGED ? 'UNCHANGED' : value]))

function first<T>(all: readonly T[], problem: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const found = problem(one)
    if (found !== undefined) return found
  }
  return undefined
}

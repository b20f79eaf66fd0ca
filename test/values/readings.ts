import type { ColumnType, Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { listRejects, openDestination } from '@tidemark/destination'
import { type Report, sync } from '@tidemark/engine'
import type { Case, Place, Reader } from './example.ts'
import { type Sameness, same } from './meaning.ts'

/** What became of a value on its way into a destination. */
export type Outcome =
  | { readonly is: 'stored'; readonly type: ColumnType; readonly value: unknown; readonly sameness: Sameness }
  | { readonly is: 'rejected'; readonly type: ColumnType | undefined; readonly why: string }
  /** The table fails. */
  | { readonly is: 'refused'; readonly why: string }
  | { readonly is: 'lost' }

let runners = 0

/** Reads examples through their source into a database. @returns what became of each. */
export async function read(reader: Reader, cases: readonly Case[], urls: readonly string[]): Promise<Outcome[][]> {
  const { source, config, options = {}, place } = await reader.write(cases)
  const outcomes: Outcome[][] = []
  for (const url of urls) {
    const runner = { id: `values-${++runners}`, host: 'test', pid: process.pid, startedAt: 0n }
    const destination = await openDestination({ url, runner })
    try {
      const report = await sync({
        sources: [{ name: 'v', source: source as Source, config: config, options }],
        destination,
        log: { debug() {}, info() {}, warn() {} },
        settings: { retry: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 } },
      })
      outcomes.push(await outcomesOf(destination, report, cases, place))
    } finally {
      await destination.close()
    }
  }
  return outcomes
}

async function outcomesOf(
  destination: Destination,
  report: Report,
  cases: readonly Case[],
  place: (one: Case) => Place,
): Promise<Outcome[]> {
  const { tables } = await destination.state()
  const rejects = await listRejects(destination)
  const rows = new Map<string, ReadonlyMap<string, Readonly<Record<string, unknown>>>>()
  const outcomes: Outcome[] = []
  for (const one of cases) {
    const { table, column, key } = place(one)
    const name = `v_${table}`
    const recorded = tables.get(name)?.schema
    const type = recorded?.columns.find((found) => found.name === column)?.type
    if (!rows.has(name) && recorded != null) rows.set(name, await rowsOf(destination, name, key.column))
    const row = rows.get(name)?.get(key.value)
    if (row !== undefined && type !== undefined) {
      const value = type === 'json' ? await jsonOf(destination, name, column, key) : row[column]
      outcomes.push({ is: 'stored', type, value, sameness: same(one.example.means, value, type) })
      continue
    }
    const reject = rejects.find(
      (found) => found.table === name && found.key !== undefined && keyIn(found.key) === key.value,
    )
    const failure = report.tables.find((found) => found.name === name)?.failures[0]?.failure.message
    outcomes.push(
      reject !== undefined
        ? { is: 'rejected', type, why: reject.message }
        : failure !== undefined
          ? { is: 'refused', why: failure }
          : { is: 'lost' },
    )
  }
  return outcomes
}

function keyIn(key: string): string {
  return String([JSON.parse(key)].flat()[0])
}

async function rowsOf(
  destination: Destination,
  name: string,
  key: string,
): Promise<Map<string, Record<string, unknown>>> {
  const rows = new Map<string, Record<string, unknown>>()
  for await (const row of destination.read(name)) rows.set(String(row[key]), row)
  return rows
}

/** The JSON text as it is stored: read as values, its numbers would be doubles. */
async function jsonOf(destination: Destination, name: string, column: string, key: Place['key']): Promise<unknown> {
  const quoted = (one: string): string => `"${one.replaceAll('"', '""')}"`
  const { rows } = await destination.query(
    `select cast(${quoted(column)} as text) from ${quoted(name)} where cast(${quoted(key.column)} as text) = '${key.value}'`,
  )
  return rows[0]![0] === null ? null : { json: String(rows[0]![0]) }
}

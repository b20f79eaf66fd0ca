import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, sync } from '@tidemark/engine'
import source from '@tidemark/source-rest'
import { onTestFinished } from 'vitest'

export interface World {
  readonly destination: Destination
  run(config: object): Promise<Report>
  count(table: string): Promise<number>
  columns(table: string): Promise<readonly string[]>
}

/** The real engine and a real database in a file. */
export async function world(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'apis-test-'))
  const destination = await openDestination({ url: join(folder, 'db.sqlite') })
  onTestFinished(async () => {
    await destination.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const rows = async (statement: string) => destination.query(statement)
  return {
    destination,
    run: (config) => sync({ sources: [{ name: 'api', source: source as never, config }], destination }),
    async count(table) {
      const { rows: found } = await rows(`SELECT count(*) FROM api_${table} WHERE _deleted_at IS NULL`)
      return Number(found[0]![0])
    },
    async columns(table) {
      const { columns } = await rows(`SELECT * FROM api_${table} LIMIT 1`)
      return columns.filter((name) => !name.startsWith('_')).sort()
    },
  }
}

/** What is wrong in a run, table by table. */
export function failuresIn({ tables }: Report): Record<string, readonly string[]> {
  return Object.fromEntries(tables.map(({ name, failures }) => [name, failures.map(({ failure }) => failure.message)]))
}

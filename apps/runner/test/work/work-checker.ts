import { type Range, union } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import type { PostgresServer } from '@tidemark/postgres-server'

/** How many rows of a table of the workers' tests there are, and how many different ones. */
export async function rowsOf(
  server: PostgresServer,
  schema: string,
  table: string,
): Promise<{ readonly rows: number; readonly ids: number }> {
  const counted = `select count(*)::integer, count(distinct id)::integer from "${schema}"."even_${table}" where _deleted_at is null`
  const [row] = (await server.rows(counted).catch(() => [[0, 0]])) as readonly (readonly number[])[]
  return { rows: row![0]!, ids: row![1]! }
}

/** What workers must not do, whatever becomes of them: lose a row, double one, or commit a window twice. */
export async function violations(
  server: PostgresServer,
  { url, schema, all }: { readonly url: string; readonly schema: string; readonly all: number },
): Promise<readonly string[]> {
  const found: string[] = []
  const destination = await openDestination({ url, runner: { id: 'test', host: 'test', pid: 1, startedAt: 1n } })
  const { tables } = await destination.state().finally(() => destination.close())
  for (const name of ['keyed', 'keyless']) {
    const { rows, ids } = await rowsOf(server, schema, name)
    if (ids < all) found.push(`${name}: ${all - ids} rows are lost`)
    if (rows > ids) found.push(`${name}: ${rows - ids} rows are doubled`)
    const covered = tables.get(`even_${name}`)?.partitions.get('')?.covered ?? []
    const [length, once] = [lengthOf(covered), lengthOf(union(covered))]
    if (once < all) found.push(`${name}: ${all - once} is not covered`)
    // Rows of a key are merged, and those of a window without one replaced: only this shows that a window came twice.
    if (length > once) found.push(`${name}: ${length - once} of what is covered is committed twice`)
  }
  return found
}

const lengthOf = (ranges: readonly Range[]): number =>
  ranges.reduce((sum, { from, to }) => sum + Number(to - (from ?? 0n)), 0)

import type { Destination } from '@tidemark/core/engine'
import { literal, whole } from '../values/literal.ts'

/** A rejected row, as stored in the state. */
export interface RejectRecord {
  readonly id: number
  readonly table: string
  readonly partition: string
  /** Where it lies on the table's cursor; undefined: it has none that can be read. */
  readonly position: bigint | undefined
  /** What the step read that set it aside; undefined: the whole partition. */
  readonly window: { readonly from: bigint | undefined; readonly to: bigint } | undefined
  readonly key: string | undefined
  /** Why, for programs: `invalid`, `unfit`, `destination`, … */
  readonly code: string
  readonly message: string
  /** The row as JSON text, cut to a bounded length, secrets taken out. */
  readonly payload: string
  readonly run: number
  readonly rejectedAt: bigint
  /** How many rows it stands for: equal ones, or versions of one key. */
  readonly times: number
}

export interface RejectFilter {
  /** Names of tables in the destination. */
  readonly tables?: readonly string[] | undefined
  readonly ids?: readonly number[] | undefined
  /** The newest so many. */
  readonly limit?: number | undefined
  /** Without their messages and payloads, which are much where rejects are many. */
  readonly brief?: true | undefined
}

/** Rejected rows, the newest first. Read by the read-only query that every destination has. */
export async function listRejects(
  destination: Pick<Destination, 'query'>,
  { tables, ids, limit, brief }: RejectFilter = {},
): Promise<readonly RejectRecord[]> {
  const conditions = [
    ...(tables === undefined ? [] : [`r.name in (${tables.map(literal).join(', ') || 'null'})`]),
    ...(ids === undefined ? [] : [`r.id in (${ids.map(whole).join(', ') || 'null'})`]),
  ]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const most = limit === undefined ? '' : ` limit ${whole(limit)}`
  const texts = brief ? "'' as message, '' as payload" : 'r.message, r.payload'
  const { rows } = await destination.query(
    `select r.id, r.name, r.partition, r.position, s.from_position, s.to_position, r.key, r.code, ${texts}, r.run, r.rejected_at, ${await timesIn(destination, 'r')}
      from _tidemark_rejects r left join _tidemark_steps s on s.run = r.run and s.step = r.step${where} order by r.id desc${most}`,
  )
  return rows.map(recordOf)
}

/** How many rejected rows each table has. */
export async function countRejects(destination: Pick<Destination, 'query'>): Promise<ReadonlyMap<string, number>> {
  const { rows } = await destination.query(
    `select r.name, cast(sum(${await timesIn(destination, 'r')}) as bigint) from _tidemark_rejects r group by r.name order by r.name`,
  )
  return new Map(rows.map(([name, count]) => [String(name), Number(count)]))
}

/** How often a row was rejected: once, where the state is of an earlier version and does not say. */
export async function timesIn(destination: Pick<Destination, 'query'>, rejects: string): Promise<string> {
  const { columns } = await destination.query('select * from _tidemark_rejects limit 0')
  return columns.includes('times') ? `${rejects}.times` : '1'
}

function recordOf(row: readonly unknown[]): RejectRecord {
  const [id, table, partition, position, from, to, key, code, message, payload, run, rejectedAt, times] = row
  return {
    id: Number(id),
    table: String(table),
    partition: String(partition),
    position: integer(position),
    window: to === null ? undefined : { from: integer(from), to: BigInt(to as bigint) },
    key: key === null ? undefined : String(key),
    code: String(code),
    message: String(message),
    payload: String(payload),
    run: Number(run),
    rejectedAt: BigInt(rejectedAt as bigint),
    times: Number(times),
  }
}

function integer(value: unknown): bigint | undefined {
  return value === null || value === undefined ? undefined : BigInt(value as bigint)
}

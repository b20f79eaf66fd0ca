import { isOf, type Project } from '@tidemark/core/engine'
import { literal } from '../values/literal.ts'
import { type Execute, rowsOf } from './queue-database.ts'
import type { QueueTables } from './queue-tables.ts'

/**
 * What the queue calls the sources of one project. Projects that share a schema may have sources of one name, and each plans
 * and reads only its own: those of the first are called as they are, those of the second `shop@2`, which no source is called.
 */
export class ProjectGroups {
  readonly #suffix: string

  constructor(number: number) {
    this.#suffix = number === 1 ? '' : `@${number}`
  }

  groupOf(source: string): string {
    return `${source}${this.#suffix}`
  }

  /** The source that is called so, by one of these groups. */
  sourceOf(group: string): string {
    return group.slice(0, group.length - this.#suffix.length)
  }

  /** SQL: whether a column holds one of these groups. */
  isOwn(column: string): string {
    return this.#suffix === '' ? `${column} not like '%@%'` : `${column} like ${literal(`%${this.#suffix}`)}`
  }
}

/** Enters a project among those that share the queue, unless it is there. Call it under a lock that keeps others from doing so. */
export async function joinQueue(
  execute: Execute,
  { projects }: QueueTables,
  project: Project | undefined,
): Promise<number> {
  if (project === undefined) return 1
  const found = rowsOf(await execute(`select number, record from ${projects} order by number`))
  const known = projectNumber(found, project)
  if (known !== undefined) return known
  const number = Number(found.at(-1)?.['number'] ?? 0) + 1
  await execute(`insert into ${projects} (number, record) values ($1, $2)`, [number, project.record])
  return number
}

/** The number of a project among those that share a queue; undefined: it never had a worker. */
export function projectNumber(rows: ReturnType<typeof rowsOf>, project: Project): number | undefined {
  const own = rows.find(({ record }) => isOf({ project: String(record), source: '' }, project))
  return own && Number(own['number'])
}

import { z } from 'zod'
import type { State, TableState } from './state.ts'

/** What is recorded with the tables of a project, so that another one on the same database does not take them for its own. */
const ProjectRecord = z.object({
  /** What its config calls it in a database that it shares. */
  namespace: z.string().optional(),
  /** As its package.json says; '' where it says nothing. */
  name: z.string(),
  host: z.string(),
  folder: z.string(),
})
export type ProjectRecord = z.infer<typeof ProjectRecord>

/** A project that syncs into a database, which it may share with others. */
export interface Project {
  /** What is recorded with its tables. */
  readonly record: string
  /** Whether a table that another record names is this project's all the same: it has moved, or is a copy. */
  readonly isOurs: (recorded: string, source: string) => boolean
}

/** A record as it is kept. */
export function projectText(record: ProjectRecord): string {
  return JSON.stringify(record)
}

/** A record as it was kept; undefined where it cannot be read. */
export function readProject(text: string): ProjectRecord | undefined {
  try {
    return ProjectRecord.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** A recorded project for people. */
export function projectName(text: string): string {
  const record = readProject(text)
  if (record === undefined) return text
  const { namespace, name, host, folder } = record
  const called = namespace === undefined ? name : `${namespace}`
  return `${called === '' ? '' : `"${called}", `}${folder} on ${host}`
}

/** Tables as one project sees them: its own, and those of others. Without a project all are its own. */
export function stateOf(tables: ReadonlyMap<string, TableState>, project: Project | undefined): State {
  if (project === undefined) return { tables }
  const [own, others] = [new Map<string, TableState>(), new Map<string, TableState>()]
  for (const [name, table] of tables) (isOf(table, project) ? own : others).set(name, table)
  return others.size === 0 ? { tables: own } : { tables: own, others }
}

/** Whether a table may be read by a project: one that was recorded without a project belongs to the first that syncs it. */
export function isOf(
  { project, source }: Pick<TableState, 'project' | 'source'>,
  { record, isOurs }: Project,
): boolean {
  return project === null || project === record || isOurs(project, source)
}

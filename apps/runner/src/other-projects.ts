import { projectName, type State } from '@tidemark/core/engine'
import { plural } from './show/numbers.ts'
import { oneLine } from './show/plain.ts'

/** Another project that syncs into this database. */
export interface OtherProject {
  readonly project: string
  readonly tables: readonly string[]
}

/** Other projects that sync into this database, each with its tables; undefined if this project is the only one. */
export function otherProjects({ others }: State): readonly OtherProject[] | undefined {
  if (others === undefined) return undefined
  const byProject = Map.groupBy(others.values(), ({ project }) => projectName(project ?? ''))
  return [...byProject].map(([project, tables]) => ({ project, tables: tables.map(({ name }) => name) }))
}

const MAX_PROJECTS_SHOWN = 5

/** A line for each of them. */
export function otherLines(others: readonly OtherProject[] = []): readonly string[] {
  return others.map(({ project, tables }) => {
    const named = tables.slice(0, MAX_PROJECTS_SHOWN).map(oneLine).join(', ')
    const more = tables.length > MAX_PROJECTS_SHOWN ? ` and ${tables.length - MAX_PROJECTS_SHOWN} more` : ''
    return `${plural(tables.length, 'table')} of another project (${oneLine(project)}): ${named}${more}`
  })
}

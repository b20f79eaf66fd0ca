import { matchesGlob } from 'node:path'
import { type Logger, SyncError, type Tracked } from '@tidemark/core'
import type { SqlConfig } from './config.ts'
import type { FoundTable } from './found-table.ts'

export interface Choice {
  readonly config: SqlConfig
  readonly tracked: Tracked
  readonly log: Logger
  readonly label: string
}

/** The tables to read, of those that were found. @throws SyncError `fix-config` for a name that no table has. */
export function chooseTables(found: readonly FoundTable[], choice: Choice): readonly FoundTable[] {
  const { config, tracked, log, label } = choice
  if (found.length === 0)
    log.warn(
      `${label}: there is no table that this user can see${config.schemas === undefined ? '' : ` in ${config.schemas.join(', ')}`}`,
    )
  checkNames(found, choice)
  const included = config.include
  const wanted = found.filter(
    (table) =>
      !isExcluded(table.name, config) &&
      (isNamed(table, config) || (!table.own && (table.kind === 'table' || config.views))),
  )
  const own = found.filter((table) => table.own && !isExcluded(table.name, config) && !wanted.includes(table))
  if (own.length > 0 && wanted.length === 0)
    log.warn(
      `${label}: Tidemark wrote ${own.length === 1 ? 'the table' : `all ${own.length} tables`} that ${own.length === 1 ? 'is' : 'are'} there, and reads none that it wrote unless it is named: include: [${JSON.stringify(own[0]!.name)}${own.length > 1 ? ', …' : ''}]`,
    )
  for (const pattern of included ?? []) {
    if (!found.some((table) => matches(table.name, pattern))) log.warn(`${label}: no table fits include "${pattern}"`)
  }
  // A table that may not be read, and that nobody named, is none of ours; one that was read before fails and says why.
  const readable = wanted.filter(
    (table) => table.readable || isNamed(table, config) || tracked.columns(table.name) !== undefined,
  )
  const left = wanted.filter((table) => !readable.includes(table)).map((table) => table.name)
  if (left.length > 0)
    log.warn(
      `${label}: ${left.length === 1 ? 'a table' : `${left.length} tables`} may not be read by this user and ${left.length === 1 ? 'is' : 'are'} left out: ${left.slice(0, 10).join(', ')}${left.length > 10 ? ', …' : ''}; GRANT SELECT, or exclude them`,
    )
  return readable.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Whether the config leaves a table out by its name. */
export function isExcluded(name: string, { include, exclude }: Pick<SqlConfig, 'include' | 'exclude'>): boolean {
  const isIncluded = include === undefined || include.some((pattern) => matches(name, pattern))
  return !isIncluded || exclude.some((pattern) => matches(name, pattern))
}

function matches(name: string, pattern: string): boolean {
  // A name may hold a slash, which a path's `*` would stop at.
  return name === pattern || matchesGlob(name.replaceAll('/', '\u0001'), pattern.replaceAll('/', '\u0001'))
}

function isNamed({ name }: FoundTable, { include, tables }: SqlConfig): boolean {
  return include?.includes(name) === true || Object.hasOwn(tables, name)
}

/** Something said about a table that is not there is a mistake, unless it was there before. */
function checkNames(found: readonly FoundTable[], { config, tracked, log, label }: Choice): void {
  for (const name of Object.keys(config.tables)) {
    if (found.some((table) => table.name === name)) continue
    if (tracked.columns(name) !== undefined) {
      log.warn(`${label}: table "${name}", which config.tables speaks of, is gone`)
      continue
    }
    const names = found.map((table) => table.name)
    throw new SyncError(
      `config.tables."${name}": there is no such table; there are ${names.slice(0, 20).join(', ') || 'none'}${names.length > 20 ? ` and ${names.length - 20} more` : ''}`,
      'fix-config',
    )
  }
}

import { matchesGlob } from 'node:path'
import { type Logger, SyncError, suggestion, type Tracked } from '@tidemark/core'
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
      `${label}: this user cannot see any table${config.schemas === undefined ? '' : ` in ${config.schemas.join(', ')}`}`,
    )
  checkNames(found, choice)
  const wanted = found.filter(
    (table) =>
      !isExcluded(table.name, config) &&
      (isNamed(table, config) || (!table.own && (table.kind === 'table' || config.views))),
  )
  const own = found.filter((table) => table.own && !isExcluded(table.name, config) && !wanted.includes(table))
  if (own.length > 0 && wanted.length === 0)
    log.warn(
      `${label}: Tidemark wrote ${own.length === 1 ? 'the only table' : `all ${own.length} tables`} here, and reads a table that it wrote only if you name it: include: [${JSON.stringify(own[0]!.name)}${own.length > 1 ? ', …' : ''}]`,
    )
  checkPatterns(found, wanted, choice)
  // A table that may not be read, and that nobody named, is not ours; one that was read before fails and says why.
  const readable = wanted.filter(
    (table) => table.readable || isNamed(table, config) || tracked.columns(table.name) !== undefined,
  )
  const left = wanted.filter((table) => !readable.includes(table)).map((table) => table.name)
  if (left.length > 0)
    log.warn(
      `${label}: ${left.length === 1 ? 'a table' : `${left.length} tables`} cannot be read by this user and ${left.length === 1 ? 'is' : 'are'} left out: ${left.slice(0, 10).join(', ')}${left.length > 10 ? ', …' : ''}; GRANT SELECT, or exclude them`,
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
      log.warn(`${label}: table "${name}", which config.tables names, no longer exists`)
      continue
    }
    const names = found.map((table) => table.name)
    throw new SyncError(
      `config.tables.${JSON.stringify(name)}: the table does not exist; ${suggestion(name, names, 'tables')}`,
      'fix-config',
    )
  }
}

/**
 * A pattern that no table fits is a slip, or its table is not there yet, or not any more: a warning.
 * @throws SyncError `fix-config` where nothing is left to be read.
 */
function checkPatterns(
  found: readonly FoundTable[],
  wanted: readonly FoundTable[],
  { config, log, label }: Choice,
): void {
  const names = found.map((table) => table.name)
  const unfit = (patterns: readonly string[]): readonly string[] =>
    patterns.filter((pattern) => !names.some((name) => matches(name, pattern)))
  for (const pattern of unfit(config.include ?? [])) {
    const problem = `no table matches include ${JSON.stringify(pattern)}; ${suggestion(pattern, names, 'tables')}`
    if (wanted.length === 0 && found.length > 0) throw new SyncError(`${label}: ${problem}`, 'fix-config')
    log.warn(`${label}: ${problem}`)
  }
  for (const pattern of unfit(config.exclude)) {
    // What was left out by its name may have been dropped; one that is nearly there is read though somebody left it out.
    const way = suggestion(pattern, names, 'tables')
    if (way.startsWith('did you mean'))
      log.warn(`${label}: no table matches exclude ${JSON.stringify(pattern)}; ${way}`)
  }
}

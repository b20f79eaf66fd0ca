import type { Overview, SourceSummary, TableOverview } from '@tidemark/engine'
import type { NoticeEvent } from './notice-event.ts'

/** Something that the state says and that somebody may have to know. */
export interface Condition {
  /** Once among all: the event and what it is about. */
  readonly key: string
  readonly event: Exclude<NoticeEvent, 'recovered'>
  readonly table: string | undefined
  readonly source: string
  /** How much there is of it: rejected rows, or changes; 1 of what is or is not. */
  readonly level: bigint
  /** When it began, in milliseconds since 1970; undefined: when it is first seen. */
  readonly since: number | undefined
  /** Why, as the state has it; undefined: the event says all. */
  readonly reason: Reason | undefined
  /** It follows from another condition, which is reported in its place. */
  readonly isImplied?: boolean | undefined
}

export interface Reason {
  readonly message: string
  readonly code: string | undefined
  readonly remedy: TableOverview['error_remedy']
}

/** Events that last until they end: they are reported again while they do, and their end is reported. */
export const LASTING: ReadonlySet<NoticeEvent> = new Set(['failing', 'stale', 'paused', 'deletions-held'])

/** Events that happen once: what was before somebody asked for them is not news. */
export const PASSING: ReadonlySet<NoticeEvent> = new Set(['schema-changed', 'history-complete'])

/** What was counted: tables by their names in the destination. */
export interface Counts {
  /** Changes of the table's shape, and the last of them. */
  readonly changes: ReadonlyMap<string, { readonly count: number; readonly last: string }>
}

export function keyOf(event: Condition['event'], subject: string): string {
  return `${event} ${subject}`
}

/** What holds now. Pure. */
export function conditionsOf(
  { tables, failing_sources, synced_tables }: Pick<Overview, 'tables' | 'failing_sources' | 'synced_tables'>,
  { changes }: Counts,
): readonly Condition[] {
  // A source that has not answered yet does not fail.
  const failing = failing_sources.filter(({ failures }) => failures > 0)
  const silent = new Map(failing.map(({ name, last_error }) => [name, last_error]))
  const complete = new Set(synced_tables)
  return [
    ...failing.map(ofSource),
    ...tables.flatMap((table) => {
      if (table.status === 'removed') return []
      const trouble = troubleOf(table, silent.get(table.source))
      const changed = changes.get(table.name)
      return [
        ...(trouble === undefined ? [] : [trouble]),
        ...(table.rejects > 0 ? [ofTable('rejected-rows', table, { level: BigInt(table.rejects) })] : []),
        ...(changed === undefined
          ? []
          : [
              ofTable('schema-changed', table, {
                level: BigInt(changed.count),
                reason: { message: changed.last, code: undefined, remedy: null },
              }),
            ]),
        ...(complete.has(table.name) ? [ofTable('history-complete', table)] : []),
      ]
    }),
  ]
}

/** One thing at most: what fails is stale as well, and so are the tables of a source that fails. */
function troubleOf(table: TableOverview, sourceError: string | undefined): Condition | undefined {
  if (table.paused_for !== null)
    return ofTable('paused', table, { reason: { message: table.paused_for, code: undefined, remedy: null } })
  if (table.status === 'failing' && table.last_error !== null) {
    const reason = { message: table.last_error, code: table.error_code ?? undefined, remedy: table.error_remedy }
    const event = table.error_code === 'deletion-limit' ? 'deletions-held' : 'failing'
    return { ...ofTable(event, table, { reason }), isImplied: table.last_error === sourceError }
  }
  return table.stale ? { ...ofTable('stale', table), isImplied: sourceError !== undefined } : undefined
}

function ofTable(
  event: Condition['event'],
  { name, source }: TableOverview,
  { level = 1n, reason }: Partial<Pick<Condition, 'level' | 'reason'>> = {},
): Condition {
  return { key: keyOf(event, name), event, table: name, source, level, since: undefined, reason }
}

function ofSource({ name, failing_since, last_error, error_code, error_remedy }: SourceSummary): Condition {
  return {
    // No table is called so: the name of a table has no space in front.
    key: keyOf('failing', `source ${name}`),
    event: 'failing',
    table: undefined,
    source: name,
    level: 1n,
    since: Date.parse(failing_since),
    reason: { message: last_error, code: error_code ?? undefined, remedy: error_remedy },
  }
}

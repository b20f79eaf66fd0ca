import type { Selected } from '../../database.ts'
import type { FoundTable } from '../../found-table.ts'
import type { Leaf } from './leaves.ts'

/** A table whose changes are read from the log. */
export interface LoggedTable {
  /** Its name in the source. */
  readonly name: string
  readonly found: FoundTable
  /** The columns that identify a row, by which the log tells old rows too; empty: rows are only added. */
  readonly key: readonly string[]
  /** As the table is read: values of the log become the same. */
  readonly columns: readonly Selected[]
  readonly leaves: readonly Leaf[]
  /** An earlier run has read it. */
  readonly isKnown: boolean
}

/** Rows are only added: its updates and deletions are not published. */
export const isAppendOnly = ({ key }: Pick<LoggedTable, 'key'>): boolean => key.length === 0

/** Whether the same columns of two findings of a table are read. */
export const hasSameColumns = (one: LoggedTable, other: LoggedTable): boolean => columnsText(one) === columnsText(other)

const columnsText = ({ columns, found }: LoggedTable): string =>
  JSON.stringify(columns.map(({ name }) => [name, found.columns.find((one) => one.name === name)?.kind]))

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The name of a relation in a statement. */
export const quotedRelation = ({
  schema,
  relation,
}: {
  readonly schema?: string | undefined
  readonly relation: string
}): string => (schema === undefined ? quoted(relation) : `${quoted(schema)}.${quoted(relation)}`)

/** The columns by which the log tells old rows of a table, or why it cannot be read from the log. */
export type LogKey = { readonly key: readonly string[] } | { readonly problem: string }

/**
 * The key of a table in the log. A table without one must not be in a publication of updates: the database would refuse the updates
 * of its own application.
 */
export function logKeyOf(table: FoundTable, leaves: readonly Leaf[], appendOnly: boolean): LogKey {
  const name = quotedRelation({ schema: table.schema, relation: table.relation })
  if (leaves.some(({ persistence }) => persistence !== 'p'))
    return { problem: `it is not logged, so its changes are in no log; ALTER TABLE ${name} SET LOGGED, or exclude it` }
  if (appendOnly) return { key: [] }
  const way = `give it a primary key, or name a unique index of columns that are NOT NULL: ALTER TABLE ${name} REPLICA IDENTITY USING INDEX …; or set tables: { ${JSON.stringify(table.name)}: { appendOnly: true } } if its rows never change`
  // A table of partitions without one has none that could tell its rows by.
  if (leaves.length === 0) return table.key.length > 0 ? { key: table.key } : { problem: `it has no key; ${way}` }
  const keys = leaves.map((leaf) => (leaf.identity === 'f' ? table.key : leaf.identityColumns))
  const [first = []] = keys
  const bare = keys.findIndex((key) => key.length === 0)
  if (bare >= 0) {
    const leaf = leaves[bare]!
    const which = leaves.length === 1 ? 'it' : `its partition ${quotedRelation(leaf)}`
    const isNothing = leaf.identity === 'n'
    return {
      problem: isNothing
        ? `${which} has REPLICA IDENTITY NOTHING, so the log does not tell which row changed; ALTER TABLE ${quotedRelation(leaf)} REPLICA IDENTITY DEFAULT`
        : `${which} has no key by which the log tells a row (a key that is DEFERRABLE does not count); ${way}`,
    }
  }
  const other = keys.findIndex((key) => String([...key].sort()) !== String([...first].sort()))
  if (other >= 0)
    return {
      problem: `its partitions ${quotedRelation(leaves[0]!)} and ${quotedRelation(leaves[other]!)} have different replica identities; give both the same`,
    }
  const unread = first.find((column) => !table.columns.some((one) => one.name === column))
  if (unread !== undefined) return { problem: `this user cannot read column "${unread}" of its key; GRANT SELECT` }
  return { key: first }
}

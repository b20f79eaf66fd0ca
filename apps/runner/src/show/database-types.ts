import type { Profile, TableState } from '@tidemark/core/engine'

/** What a program reads for a column of each type. */
type ReadTypes = Profile['readTypes']['types']

/** A tracked table, and the names of the columns that it really has. */
export interface TypedTable {
  readonly table: TableState
  readonly present: readonly string[]
}

/** The Kysely interface `Database` of tracked tables, as a TypeScript module. */
export function databaseTypes({ readTypes }: Pick<Profile, 'readTypes'>, tables: readonly TypedTable[]): string {
  const { types, note } = readTypes
  const names = interfaceNames(tables.map(({ table }) => table.name))
  const interfaces = tables.map((one, nth) => interfaceOf(one, names[nth]!, types))
  const members = tables.map(({ table }, nth) =>
    [...warning(table.name, 'table'), `  ${key(table.name)}: ${names[nth]}`].join('\n'),
  )
  const header = `// Made by "tidemark types"; make it again when tables change.\n// ${note}\n`
  return [
    header,
    ...interfaces,
    `export interface Database {\n${members.join('\n')}${members.length > 0 ? '\n' : ''}}\n`,
  ].join('\n')
}

function interfaceOf({ table, present }: TypedTable, name: string, types: ReadTypes): string {
  const { schema: recorded } = table
  const required = new Set(recorded?.primaryKey ?? [])
  const own = (recorded?.columns ?? []).map((column) =>
    member(column.column, required.has(column.name) ? types[column.type] : `${types[column.type]} | null`),
  )
  const system = [
    ...(present.includes('_extra') ? [member('_extra', `${types.json} | null`)] : []),
    ...(recorded?.partitioned === true ? [member('_partition', types.text)] : []),
    member('_cursor', `${types.integer} | null`),
    member('_synced_at', types.timestamp),
    member('_deleted_at', `${types.timestamp} | null`),
  ]
  return `/** ${comment(`${table.table} of ${table.source}`)} */\nexport interface ${name} {\n${[...own, ...system].join('\n')}\n}\n`
}

function member(name: string, type: string): string {
  return [...warning(name, 'column'), `  ${key(name)}: ${type}`].join('\n')
}

/** Kysely reads more into some names than a name. */
function warning(name: string, kind: 'table' | 'column'): readonly string[] {
  const isRead = name.includes('.') || / as /i.test(name) || (kind === 'column' && /->/.test(name))
  return isRead
    ? [`  /** Kysely takes this for more than a name: write sql.${kind === 'table' ? 'table' : 'ref'}, or sql.id. */`]
    : []
}

/** A name as a key: as it is where it may stand so, else in quotes. */
function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

function quoted(name: string): string {
  // JSON allows line separators that end a line elsewhere.
  return JSON.stringify(name).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

function comment(text: string): string {
  return text.replaceAll('*/', '* /').replaceAll(/[\r\n\u2028\u2029]+/g, ' ')
}

/** `git_commits` → `GitCommits`, each once: tables may differ in what a type's name cannot say. */
function interfaceNames(names: readonly string[]): readonly string[] {
  const taken = new Set(['Database', 'Date', 'Uint8Array'])
  return names.map((name) => {
    const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
    const joined = words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join('')
    const base = /^[A-Za-z]/.test(joined) ? joined : `Table${joined}`
    let free = base
    for (let nth = 2; taken.has(free); nth++) free = `${base}${nth}`
    taken.add(free)
    return free
  })
}

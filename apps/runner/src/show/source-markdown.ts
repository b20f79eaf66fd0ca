import type { Source } from '@tidemark/core'
import { fixedTables, type Table } from '@tidemark/core/engine'
import { configFields, descriptionOf } from './config-fields.ts'

const LONGEST_DEFAULT = 40

/** A source's config and tables for its README, from its own schemas: `.describe()` gives the meaning. */
export function sourceMarkdown(source: Source): string {
  const tables = fixedTables(source.tables)
  const isOpen = (one: { readonly tables?: unknown }): boolean => typeof one.tables === 'function'
  const more = isOpen(source) || (Array.isArray(source.tables) && source.tables.some(isOpen))
  return [
    `# ${source.name}`,
    '## Config',
    source.config === undefined ? 'None.' : configTable(source),
    '## Tables',
    ...(more ? ['The source discovers its tables at run time.'] : []),
    ...tables.flatMap(tableSection),
  ].join('\n\n')
}

function tableSection(table: Table): readonly string[] {
  const { name, columns, primaryKey, cursor } = table
  const rows = columns.map(({ name: column, type, nullable, schema }) => {
    const roles = [primaryKey.includes(column) ? 'key' : '', cursor?.column === column ? 'cursor' : '']
    return [
      code(column),
      type,
      nullable ? 'yes' : '',
      [...roles, descriptionOf(schema as Parameters<typeof descriptionOf>[0])].filter((one) => one !== '').join('; '),
    ]
  })
  return [`### ${name}`, markdownTable(['column', 'type', 'NULL', 'meaning'], rows)]
}

function configTable(source: Source): string {
  return markdownTable(
    ['field', 'type', 'default', 'meaning'],
    configFields(source).map(({ path, type, fallback, isRequired, meaning }) => [
      code(path),
      type,
      isRequired ? 'required' : fallback === undefined ? '' : code(shortened(fallback)),
      meaning,
    ]),
  )
}

/** Shortens a long default. */
function shortened(text: string): string {
  return text.length > LONGEST_DEFAULT ? `${text.slice(0, LONGEST_DEFAULT)}…` : text
}

function code(text: string): string {
  return `\`${text}\``
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) =>
    row.map((text) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')),
  )
  const widths = header.map((_, nth) => Math.max(3, ...cells.map((row) => row[nth]!.length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, nth) => text.padEnd(widths[nth]!)).join(' | ')} |`
  const [first, ...rest] = cells
  return [line(first!), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n')
}

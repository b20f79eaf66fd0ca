import type { Source } from '@tidemark/core'
import { fixedTables, type Table } from '@tidemark/core/engine'
import { definitionOf } from '@tidemark/engine'
import type { z } from 'zod'

type Schema = z.core.$ZodType

const LONGEST_DEFAULT = 40

/** A source's config and tables for its README, from its own schemas: `.describe()` gives the meaning. */
export function sourceMarkdown(source: Source): string {
  const tables = fixedTables(source.tables)
  const isOpen = (one: { readonly tables?: unknown }): boolean => typeof one.tables === 'function'
  const more = isOpen(source) || (Array.isArray(source.tables) && source.tables.some(isOpen))
  return [
    `# ${source.name}`,
    '## Config',
    source.config === undefined ? 'None.' : configTable(source.config as unknown as Schema),
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
      [...roles, descriptionOf(schema as Schema)].filter((one) => one !== '').join('; '),
    ]
  })
  return [`### ${name}`, markdownTable(['column', 'type', 'NULL', 'meaning'], rows)]
}

function configTable(config: Schema): string {
  return markdownTable(
    ['field', 'type', 'default', 'meaning'],
    fieldsOf(config, '').map(({ path, schema }) => [
      code(path),
      typeText(schema),
      defaultText(schema),
      descriptionOf(schema),
    ]),
  )
}

interface Field {
  readonly path: string
  readonly schema: Schema
}

/** The fields of a config, with those inside of lists and records: `tables.*.path`. */
function fieldsOf(schema: Schema, path: string): readonly Field[] {
  const def = definitionOf(bare(schema))
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`)
  if (def.type === 'array') return fieldsOf(def['element'] as Schema, `${path}[]`)
  if (def.type === 'record') return fieldsOf(def['valueType'] as Schema, at('*'))
  if (def.type !== 'object') return []
  return Object.entries(def['shape'] as Record<string, Schema>).flatMap(([name, one]) => [
    { path: at(name), schema: one },
    ...fieldsOf(one, at(name)),
  ])
}

/** The input schema that a user fills in, without wrappers. Does not enter recursive schemas such as JSON. */
function bare(schema: Schema): Schema {
  const def = definitionOf(schema)
  if (def['innerType'] !== undefined) return bare(def['innerType'] as Schema)
  return def.type === 'pipe' ? bare(def['in'] as Schema) : schema
}

function typeText(schema: Schema): string {
  const one = bare(schema)
  const def = definitionOf(one)
  switch (def.type) {
    case 'string':
      return def['format'] === 'secret' ? 'secret' : def['format'] === 'url' ? 'url' : 'text'
    case 'number':
      return def['format'] === undefined ? 'number' : 'integer'
    case 'array':
      return `list of ${typeText(def['element'] as Schema)}`
    case 'record':
      return `${typeText(def['valueType'] as Schema)} by name`
    case 'enum':
    case 'literal':
      return wordsOf(one)
    case 'union':
      return [...new Set((def['options'] as readonly Schema[]).map(typeText))].join(' or ')
    case 'lazy':
      return 'json'
    default:
      return def.type
  }
}

/** Lists a few values; with many, the meaning says more. */
function wordsOf(schema: Schema): string {
  const words = [...(schema._zod.values ?? [])].map((value) => code(String(value)))
  return words.length > 6 ? 'text' : words.join(' or ')
}

function defaultText(schema: Schema): string {
  const def = definitionOf(schema)
  if (def.type === 'default' || def.type === 'prefault') return code(shortened(JSON.stringify(def['defaultValue'])))
  if (def.type === 'optional' || def.type === 'nullish') return ''
  return def['innerType'] === undefined ? 'required' : defaultText(def['innerType'] as Schema)
}

/** Shortens a long default. */
function shortened(text: string): string {
  return text.length > LONGEST_DEFAULT ? `${text.slice(0, LONGEST_DEFAULT)}…` : text
}

/** The text of `.describe()`, on the schema or inside its wrappers. */
function descriptionOf(schema: Schema): string {
  const said = (schema as { readonly description?: unknown }).description
  if (typeof said === 'string') return said
  const inner = definitionOf(schema)['innerType'] as Schema | undefined
  return inner === undefined ? '' : descriptionOf(inner)
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

import type { Source } from '@tidemark/core'
import { type ConfigField, configFields } from './config-fields.ts'

export interface SnippetOptions {
  /** The key under `sources`. */
  readonly name: string
  readonly package: string
  /** Whether the config is JSON, or a module. */
  readonly isJson: boolean
  /** Whether there is a config to paste it into; otherwise the snippet is a whole file. */
  readonly hasFile: boolean
}

/** What to paste into a config for a source: its required fields, and the others as comments. */
export function configSnippet(source: Source, { name, package: from, isJson, hasFile }: SnippetOptions): string {
  const fields = configFields(source).filter(({ path }) => !/[.[*]/.test(path))
  if (isJson) return jsonSnippet(fields, name, from)
  const identifier = identifierOf(name)
  const variables = fields.filter(({ type, isRequired }) => isRequired && type === 'secret')
  const entry = [
    `    ${name}: ${identifier}.configure({`,
    ...fields.flatMap((field) => fieldLines(field, name)).map((line) => `      ${line}`),
    '    }),',
  ]
  const imports = [`import ${identifier} from '${from}'`]
  const config = `import { defineConfig${variables.length > 0 ? ', env' : ''} } from '@tidemark/runner/config'`
  if (!hasFile)
    return [config, ...imports, '', 'export default defineConfig({', '  sources: {', ...entry, '  },', '})'].join('\n')
  return [
    ...imports,
    ...(variables.length > 0 ? ["// also import { env } from '@tidemark/runner/config'"] : []),
    '',
    '  sources: {',
    ...entry,
    '  },',
  ].join('\n')
}

/** `my_shop` → `myShop`. */
const identifierOf = (name: string): string => name.replace(/_+([a-z0-9])/g, (_, one: string) => one.toUpperCase())

function fieldLines(field: ConfigField, name: string): readonly string[] {
  const { path, meaning, isRequired, fallback } = field
  const said = meaning === '' ? [] : [`// ${meaning.replaceAll(/\s*\n\s*/g, ' ')}`]
  const key = /^[A-Za-z_$][\w$]*$/.test(path) ? path : JSON.stringify(path)
  if (isRequired) return [...said, `${key}: ${placeholder(field, `env('${variableOf(name, path)}')`)},`]
  return [...said, `// ${key}: ${fallback ?? placeholder(field, `env('${variableOf(name, path)}')`)},`]
}

const variableOf = (name: string, path: string): string =>
  `${name}_${path.replaceAll(/([a-z])([A-Z])/g, '$1_$2')}`.replaceAll(/\W+/g, '_').toUpperCase()

/** A value of the field's form, for a user to replace. */
function placeholder({ type }: ConfigField, secret: string): string {
  if (type === 'secret') return secret
  if (type === 'integer' || type === 'number') return '0'
  if (type === 'boolean') return 'true'
  if (type.startsWith('list of ')) return '[]'
  if (type === 'object' || type === 'json' || type.endsWith(' by name')) return '{}'
  const [, word] = /^`([^`]*)`/.exec(type) ?? []
  return `'${word ?? ''}'`
}

function jsonSnippet(fields: readonly ConfigField[], name: string, from: string): string {
  const entries = fields
    .filter(({ isRequired }) => isRequired)
    .map((field) => {
      const value = placeholder(field, `"\${${variableOf(name, field.path)}}"`)
      return `        ${JSON.stringify(field.path)}: ${value.replace(/^'(.*)'$/, '"$1"')}`
    })
  const config = entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n      }`
  return `  "sources": {\n    ${JSON.stringify(name)}: {\n      "source": ${JSON.stringify(from)},\n      "config": ${config}\n    }\n  }`
}

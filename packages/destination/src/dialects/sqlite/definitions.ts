/** One entry between the outer parentheses of a CREATE TABLE: a column, or a constraint of the table (no name). */
export interface DefinitionEntry {
  readonly name: string | undefined
  readonly text: string
}

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|[(),]|[^'"`[(),/-]+|[/-]/g
const CONSTRAINTS = new Set(['constraint', 'primary', 'unique', 'check', 'foreign'])

/**
 * Takes a CREATE TABLE statement apart, as SQLite keeps it: columns that a user added are then kept as they were
 * written, with their defaults, checks and generated values.
 */
export function entriesOf(createTable: string): readonly DefinitionEntry[] {
  const entries: DefinitionEntry[] = []
  let depth = 0
  let text = ''
  const finish = () => {
    const trimmed = text.trim()
    if (trimmed !== '') entries.push({ name: nameOf(trimmed), text: trimmed })
    text = ''
  }
  for (const [token] of createTable.matchAll(TOKEN)) {
    if (token.startsWith('--') || token.startsWith('/*')) {
      text += ' '
      continue
    }
    if (token === ')') depth--
    if (depth === 0 && token === ')') {
      finish()
      return entries
    }
    if (depth === 1 && token === ',') finish()
    else if (depth > 0) text += token
    if (token === '(') depth++
  }
  return entries
}

function nameOf(entry: string): string | undefined {
  const quote = entry[0]!
  const closing = { '"': '"', '`': '`', '[': ']', "'": "'" }[quote]
  if (closing !== undefined) {
    const [quoted = ''] = entry.match(TOKEN) ?? []
    return quoted.slice(1, -1).replaceAll(closing + closing, closing)
  }
  const [word = ''] = entry.match(/^[^\s(]+/) ?? []
  return CONSTRAINTS.has(word.toLowerCase()) ? undefined : word
}

/** A declaration file: its name, and its text as it is published. */
export interface Declarations {
  readonly name: string
  readonly text: string
}

/** Names that a door exports, with the file that declares each: `export { a, type B } from './c.ts'`. */
export function exportsOf(door: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, names, file] of door.matchAll(/export (?:type )?\{([^}]+)\} from '\.\/([^']+?)(?:\.[jt]s)?'/g))
    for (const name of names!.split(',')) {
      const bare = name.replace(/\btype\b/, '').trim()
      if (bare !== '') found.set(bare, file!)
    }
  return found
}

/** Exported names of a file, and members of its interfaces and classes, that no doc comment stands above. */
export function undocumentedIn({ name, text }: Declarations, exported: ReadonlySet<string>): readonly string[] {
  const missing: string[] = []
  let owner: string | undefined
  let hasComment = false
  let depth = 0
  for (const line of text.split('\n')) {
    const [, kind, declared] =
      /^export (?:declare )?(?:abstract )?(interface|type|class|function|const) (\w+)/.exec(line) ?? []
    if (declared !== undefined) {
      owner = exported.has(declared) && /interface|class/.test(kind!) ? declared : undefined
      if (exported.has(declared) && !hasComment) missing.push(`${name}: ${declared}`)
    }
    const [, member] = /^ {4}(?:static |readonly )*(\[?[\w.]+\]?)[?]?(?:: |[(<])/.exec(line) ?? []
    if (member !== undefined && owner !== undefined && depth === 1 && !hasComment && member !== 'private')
      missing.push(`${name}: ${owner}.${member}`)
    depth += (line.match(/[{]/g)?.length ?? 0) - (line.match(/[}]/g)?.length ?? 0)
    if (line === '}' || line === '};') owner = undefined
    const trimmed = line.trim()
    hasComment = trimmed.endsWith('*/') || (hasComment && trimmed === '')
  }
  return missing
}

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

const INCLUDED = /^(?:-r|--requirement)[\s=]+(\S+)/
const CONSTRAINED = /^(?:-c|--constraint)[\s=]+(\S+)/

/**
 * The lines of a requirements file, those of files that it includes in their places, so that the same lines mean the same packages.
 * Without comments and empty lines. What a file of constraints says follows it as comments.
 *
 * @param name its path from `folder`.
 * @throws where one of them cannot be read.
 */
export async function requirementsIn(folder: string, name: string, depth = 0): Promise<readonly string[]> {
  const path = resolve(folder, name)
  const text = await readFile(path, 'utf8')
  const all: string[] = []
  // A line that ends in a backslash continues.
  const lines = text.replace(/^\uFEFF/, '').replace(/\s*\\\r?\n\s*/g, ' ')
  for (const written of lines.split(/\r?\n/)) {
    const line = written.replace(/(?:^|\s)#.*$/, '').trim()
    const inner = (included: string) => requirementsIn(dirname(path), included, depth + 1)
    const [, included] = INCLUDED.exec(line) ?? []
    const [, constraints] = CONSTRAINED.exec(line) ?? []
    if (depth > 20) throw new Error(`${path} includes itself`)
    if (included !== undefined) all.push(...(await inner(included)))
    else if (constraints !== undefined) {
      const content = await inner(constraints)
      all.push(`-c ${resolve(dirname(path), constraints)}`, ...content.map((one) => `# ${one}`))
    } else if (line !== '') all.push(line)
  }
  return all
}

/** The name of the package that a line requires, as registries compare names; undefined: it is an option, or an address. */
export function packageIn(line: string): string | undefined {
  const [, name] = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[|[=<>!~;@(]|$)/.exec(line) ?? []
  return name?.toLowerCase().replace(/[-_.]+/g, '-')
}

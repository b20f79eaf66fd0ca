/** A fenced block of a page. */
export interface Block {
  /** Where it stands, for messages: `docs/running.md:12`. */
  readonly at: string
  /** Empty where the fence says nothing. */
  readonly language: string
  /** The file of the repository that it shows. */
  readonly title: string | undefined
  readonly text: string
}

/** Every fenced block of a page, in order. */
export function blocksOf(path: string, page: string): readonly Block[] {
  const found: Block[] = []
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | undefined
  for (const [nth, line] of page.split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) open = { line: nth + 1, info: fence[1]!, lines: [] }
    else {
      const [, language = '', title] = /^(\w*)(?: title="([^"]+)")?$/.exec(open.info.trim()) ?? [undefined, open.info]
      found.push({ at: `${path}:${open.line}`, language, title, text: `${open.lines.join('\n')}\n` })
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: the block has no end`)
  return found
}

/** What stands between single backticks outside of the blocks, each with its line. */
export function inlineCodeOf(path: string, page: string): readonly { readonly at: string; readonly text: string }[] {
  let inBlock = false
  return page.split('\n').flatMap((line, nth) => {
    if (/^\s*```/.test(line)) inBlock = !inBlock
    if (inBlock) return []
    return [...line.matchAll(/`([^`]+)`/g)].map((match) => ({ at: `${path}:${nth + 1}`, text: match[1]! }))
  })
}

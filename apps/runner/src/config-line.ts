/**
 * The line of a config that holds a path such as `sources.github.config.token`: the line of the key itself, else of the
 * innermost enclosing key that the file contains. Undefined for a computed config, which has no such line.
 */
export function configLine(text: string, path: string): number | undefined {
  const start = /defineConfig\s*\(\s*(?=\{)|export\s+default\s+(?=\{)|^\s*(?=\{)/.exec(text)
  if (start === null) return undefined
  let at = start.index + start[0].length
  let found: number | undefined
  for (const key of keysIn(path)) {
    const configured = key === 'config' ? configureAt(text, at) : undefined
    if (configured !== undefined) {
      at = configured
      continue
    }
    const place = typeof key === 'number' ? elementAt(text, at, key) : entryOf(text, at, key)
    if (place === undefined) break
    found = place.key
    at = place.value
  }
  return found === undefined ? undefined : text.slice(0, found).split('\n').length
}

/** `sources["a b"].paths[0]` → `sources`, `a b`, `paths`, 0. */
function keysIn(path: string): readonly (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([\w-]+)/g)].map(([, index, quoted, name]) =>
    index !== undefined ? Number(index) : quoted !== undefined ? (JSON.parse(quoted) as string) : name!,
  )
}

/** The object that `shop.configure({` opens here, which is the source's `config`. */
function configureAt(text: string, at: number): number | undefined {
  const [call] = /^[\w$.]+\.configure\(\s*(?=\{)/.exec(text.slice(at, at + 300)) ?? []
  return call === undefined ? undefined : at + call.length
}

interface Place {
  readonly key: number
  readonly value: number
}

/** The position of a key of the object that opens here, and of its value. */
function entryOf(text: string, open: number, name: string): Place | undefined {
  if (text[open] !== '{') return undefined
  for (let at = gap(text, open + 1); at < text.length && text[at] !== '}'; ) {
    const [key = ''] = /^(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[\w$-]+)/.exec(text.slice(at, at + 300)) ?? []
    const colon = gap(text, at + key.length)
    const end = entryEnd(text, at)
    if (key !== '' && key.replace(/^['"]|['"]$/g, '') === name)
      return { key: at, value: text[colon] === ':' ? gap(text, colon + 1) : colon }
    at = text[end] === ',' ? gap(text, end + 1) : end
  }
  return undefined
}

function elementAt(text: string, open: number, index: number): Place | undefined {
  if (text[open] !== '[') return undefined
  let at = gap(text, open + 1)
  for (let left = index; left > 0; left--) {
    const end = entryEnd(text, at)
    if (text[end] !== ',') return undefined
    at = gap(text, end + 1)
  }
  return text[at] === ']' ? undefined : { key: at, value: at }
}

/** The comma after an entry, or the bracket that closes the enclosing object or list. */
function entryEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]!
    const next = gap(text, at)
    if (next > at) at = next - 1
    else if (`'"\``.includes(character)) at = textEnd(text, at)
    else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character) && depth-- === 0) return at
    else if (character === ',' && depth === 0) return at
  }
  return text.length
}

function textEnd(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== text[start]) at += text[at] === '\\' ? 2 : 1
  return at
}

/** After white space and comments. */
function gap(text: string, start: number): number {
  const between = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y
  between.lastIndex = start
  return start + (between.exec(text)?.[0].length ?? 0)
}

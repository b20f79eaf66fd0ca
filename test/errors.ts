/** A file of the repository: its path from the root, with slashes, and its text. */
interface File {
  readonly path: string
  readonly text: string
}

const REMEDIES = ['retry', 'fix-config', 'fix-source', 'upgrade']
const WORD = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
/** Makes an error, or is a short name in its file for what does. */
const MAKERS = /(?:new SyncError|\bsay|\bfail|\bnamed)\(/g

/** Every error code that the packages' sources can give, with the files that do. */
export function codesIn(files: readonly File[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const add = (code: string, path: string): void => {
    const paths = found.get(code) ?? []
    if (!paths.includes(path)) found.set(code, [...paths, path])
  }
  for (const { path, text } of files) {
    if (!text.includes('SyncError')) continue
    for (const match of text.matchAll(MAKERS)) {
      const call = argumentsFrom(text, match.index + match[0].length)
      for (const [, code] of call.matchAll(/code: '([^']+)'/g)) if (code !== undefined) add(code, path)
      if (/code: `http-/.test(call)) add('http-status', path)
      const last = /,\s*'([^']+)',?\s*$/.exec(call)?.[1]
      if (last !== undefined && !match[0].startsWith('new') && WORD.test(last) && !REMEDIES.includes(last)) {
        add(/^http-\d/.test(last) ? 'http-status' : last, path)
      }
    }
    for (const [, code] of text.matchAll(/code: [^\n]+ ? '([a-z-]+)' : undefined/g))
      if (code !== undefined) add(code, path)
    for (const [, code] of text.matchAll(/'(destination(?:-[a-z]+)*)'/g)) {
      if (code !== undefined && /errors\.ts$|refused\.ts$/.test(path)) add(code, path)
    }
  }
  return found
}

/** What stands between the parentheses of a call. */
function argumentsFrom(text: string, start: number): string {
  let depth = 1
  let quote: string | undefined
  let at = start
  for (; depth > 0 && at < text.length; at++) {
    const character = text[at]!
    if (quote !== undefined) {
      if (character === '\\') at++
      else if (character === quote) quote = undefined
    } else if (`'"\``.includes(character)) quote = character
    else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
  }
  return text.slice(start, at - 1)
}

/** One entry of docs/errors.md. */
export interface Entry {
  readonly code: string
  readonly text: string
}

export function entriesIn(text: string): readonly Entry[] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [code = '', ...lines] = section.split('\n')
      return { code: code.trim(), text: lines.join('\n') }
    })
}

/** What is wrong with the page, read against the codes that there are. @param general entries for errors without a code of ours. */
export function problemsOf(
  entries: readonly Entry[],
  codes: ReadonlyMap<string, readonly string[]>,
  general: readonly string[],
): readonly string[] {
  const named = entries.map(({ code }) => code)
  return [
    ...[...codes]
      .filter(([code]) => !named.includes(code))
      .map(([code, paths]) => `${code} (${paths.join(', ')}) has no entry`),
    ...general.filter((code) => !named.includes(code)).map((code) => `${code} has no entry`),
    ...named
      .filter((code) => !codes.has(code) && !general.includes(code))
      .map((code) => `${code} is given by no error`),
    ...named.filter((code, at) => named.indexOf(code) < at).map((code) => `${code} is there twice`),
    ...entries.flatMap(({ code, text }) =>
      ['**Cause.**', '**Fix.**'].filter((part) => !text.includes(part)).map((part) => `${code} has no ${part}`),
    ),
  ]
}

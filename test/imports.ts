/** What a source file takes from elsewhere. */
export interface Import {
  /** The specifier; undefined where a dynamic import computes it. */
  readonly from: string | undefined
  readonly kind: 'static' | 'dynamic'
}

/** TypeScript without comments, each text replaced by a number in `texts`: what is left can be searched for words. */
export interface Code {
  readonly code: string
  readonly texts: readonly string[]
}

// After one of these a slash starts a regular expression; after anything else it divides.
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|await|yield|void|delete))\s*$/

/** Takes comments and the insides of texts out, so that a word in one of them is not taken for code. */
export function codeOf(source: string): Code {
  const texts: string[] = []
  let code = ''
  let at = 0
  const text = (content: string): void => {
    code += `'${texts.push(content) - 1}'`
  }
  const quoted = (quote: string): void => {
    const start = ++at
    while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1
    text(source.slice(start, at++))
  }
  const regex = (): void => {
    let inClass = false
    for (at++; at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/'); at++) {
      if (source[at] === '\\') at++
      else if (source[at] === '[') inClass = true
      else if (source[at] === ']') inClass = false
    }
    at++
    text('')
  }
  const template = (): void => {
    at++
    text('')
    while (at < source.length && source[at] !== '`') {
      if (source[at] === '$' && source[at + 1] === '{') {
        at += 2
        code += '{'
        block()
        code += '}'
      } else at += source[at] === '\\' ? 2 : 1
    }
    at++
  }
  /** Up to the brace that closes what was opened before. */
  const block = (): void => {
    for (let depth = 0; at < source.length; ) {
      const char = source[at]!
      const pair = source.slice(at, at + 2)
      if (char === '}' && depth === 0) break
      if (char === "'" || char === '"') quoted(char)
      else if (char === '`') template()
      else if (pair === '//') at = endOf(source, '\n', at)
      else if (pair === '/*') at = endOf(source, '*/', at) + 2
      else if (char === '/' && BEFORE_REGEX.test(code.slice(-40))) regex()
      else {
        if (char === '{') depth++
        if (char === '}') depth--
        code += char
        at++
      }
    }
    at++
  }
  while (at < source.length) block()
  return { code, texts }
}

function endOf(source: string, end: string, from: number): number {
  const at = source.indexOf(end, from)
  return at < 0 ? source.length : at
}

const STATIC = /\b(?:import|export)\s+(?:[^'()=;]*?\bfrom\s*)?'(\d+)'/g
const DYNAMIC = /\bimport\s*\(\s*(?:'(\d+)'\s*[,)])?/g

/** Everything that a file imports: `import`, `import type`, `export … from`, `import('…')`. */
export function importsOf({ code, texts }: Code): readonly Import[] {
  const specifier = (at: string | undefined): string | undefined => (at === undefined ? undefined : texts[Number(at)])
  return [
    ...[...code.matchAll(STATIC)].map((match): Import => ({ from: specifier(match[1]), kind: 'static' })),
    ...[...code.matchAll(DYNAMIC)].map((match): Import => ({ from: specifier(match[1]), kind: 'dynamic' })),
  ]
}

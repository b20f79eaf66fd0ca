/** The commands of a shell text: comments are left out, `&&`, `||`, `;` and `|` separate, quotes keep words together. */
export function commandsOf(text: string): readonly (readonly string[])[] {
  const commands: string[][] = []
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    let words: string[] = []
    for (const [word, quoted, single, separator, comment, bare] of line.matchAll(
      /(?:[A-Z][A-Z0-9_]*=)?"([^"]*)"|'([^']*)'|(&&|\|\||[;|])|(?<=^|\s)(#.*)|([^\s;|&"'#][^\s;|"']*)/g,
    )) {
      if (comment !== undefined) break
      if (separator !== undefined) {
        commands.push(words)
        words = []
      } else words.push(/^[A-Z]/.test(word) && quoted !== undefined ? word : (quoted ?? single ?? bare!))
    }
    commands.push(words)
  }
  return commands.map(withoutRedirection).filter((words) => words.length > 0)
}

function withoutRedirection(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => /^\d?>/.test(word))
  const kept = at < 0 ? words : words.slice(0, at)
  // Variables that are set for one command.
  const first = kept.findIndex((word) => !/^[A-Z][A-Z0-9_]*=/.test(word))
  return first < 0 ? [] : kept.slice(first)
}

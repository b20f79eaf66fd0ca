import type { Block } from './blocks.ts'

/** A step of a page that is followed: a file that it shows, or commands with what they must print. */
export type Step =
  | { readonly at: string; readonly file: string; readonly text: string }
  | { readonly at: string; readonly commands: readonly string[]; readonly prints: readonly string[] }

/** The steps of a page, in order: what its reader does. A block without a language is what the commands before it print. */
export function stepsOf(blocks: readonly Block[]): readonly Step[] {
  const steps: Step[] = []
  for (const { at, language, text } of blocks) {
    const last = steps.at(-1)
    const [, file] = /^\/\/ ([\w./-]+)\n/.exec(text) ?? []
    if (language === 'sh') steps.push({ at, commands: text.trimEnd().split('\n'), prints: [] })
    else if (language === '' && last !== undefined && 'commands' in last)
      steps[steps.length - 1] = { ...last, prints: [...last.prints, ...text.trimEnd().split('\n')] }
    else if (file !== undefined) steps.push({ at, file, text })
    else throw new Error(`${at}: what is a reader to do with this block?`)
  }
  return steps
}

/** The lines that were promised and not printed, whatever is between their words. */
export function missingIn(printed: string, prints: readonly string[]): readonly string[] {
  const words = (line: string): string => line.trim().replaceAll(/\s+/g, ' ')
  const lines = new Set(printed.split('\n').map(words))
  return prints.filter((line) => !lines.has(words(line)))
}

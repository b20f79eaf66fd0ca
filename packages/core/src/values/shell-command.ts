/** What can be called: a template text with a name inside is not among these, so that no name gets past the quotes. */
export type Verb =
  | 'check'
  | 'plan'
  | 'query'
  | 'rejects'
  | 'rejects drop'
  | 'rejects list'
  | 'rejects retry'
  | 'rejects show'
  | 'resync'
  | 'resume'
  | 'runs'
  | 'show'
  | 'state export'
  | 'status'
  | 'sync'
  | 'tables'
  | 'verify'

/** A command as it can be pasted: the verb, its arguments, whatever they hold, and its flags. */
export type CommandText = (verb: Verb, args?: readonly string[], ...flags: readonly string[]) => string

/** The same as the words that a program is given, unquoted. */
export type CommandWords = (...command: Parameters<CommandText>) => readonly string[]

/** Behind two dashes nothing is a flag. */
const wordsOf = (args: readonly string[], flags: readonly string[]): readonly string[] =>
  args.some((one) => one.startsWith('-')) ? [...flags, '--', ...args] : [...args, ...flags]

/** Commands of one program, which comes first, unquoted: `npx tidemark`. */
export function shellCommands(program: string): CommandText {
  return (verb, args = [], ...flags) => [program, verb, ...wordsOf(args, flags).map(shellWord)].join(' ')
}

/** Commands as arguments of the program, behind those that all of them are given. */
export function commandWords(common: readonly string[]): CommandWords {
  return (verb, args = [], ...flags) => [...common, ...verb.split(' '), ...wordsOf(args, flags)]
}

/** A command as a message names it; one that has quotes of its own gets none around it, which would undo them. */
export const quotedCommand: CommandText = (...command) => {
  const text = shellCommands('tidemark')(...command)
  return /["'`$\\]/.test(text) ? text : `"${text}"`
}

const BARE = /^(?!=)[\w./:@%+=,-]+$/
// What a shell still acts on between double quotes, an interactive one too.
const ACTIVE = /["$`\\!]/
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** One word quoted for sh, whatever it contains. */
export function shellWord(text: string): string {
  if (BARE.test(text)) return text
  if (UNSEEN.test(text)) return printed(text)
  return ACTIVE.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`
}

/** A terminal obeys control characters or shows nothing of them, so a command that is copied from one spells them out. */
function printed(text: string): string {
  const [, body = '', end = ''] = /^([\s\S]*?)(\n*)$/.exec(text)!
  const spelled = body.replace(/[^ \w./:@+=,-]/gu, (character) =>
    [...new TextEncoder().encode(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
  )
  // A substitution loses the line ends at its end.
  return `"$(printf -- '${spelled}')${end}"`
}

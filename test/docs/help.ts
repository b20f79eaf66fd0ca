/** A verb of the command line as its own help describes it. */
export interface Verb {
  /** Its flags, and whether one takes a value. */
  readonly flags: ReadonlyMap<string, 'a value' | 'a value or none' | 'none'>
  readonly verbs: ReadonlyMap<string, Verb>
  readonly least: number
  readonly most: number
}

/** What `tidemark <words> --help` prints. */
type Help = (words: readonly string[]) => string

/** The program as its help tells it, verb by verb: nothing here knows a verb by name. */
export function programOf(help: Help, words: readonly string[] = []): Verb {
  const text = help(words)
  const flags = new Map<string, 'a value' | 'a value or none' | 'none'>()
  for (const [, names, value] of text.matchAll(/^ {2}((?:-\w, )?--[\w-]+)( [<[][^>\]]+[>\]])?/gm))
    for (const name of names!.split(', '))
      flags.set(name, value === undefined ? 'none' : value.startsWith(' <') ? 'a value' : 'a value or none')
  const [, listed = ''] = /^Commands:\n((?: {2}.*\n?)+)/m.exec(text) ?? []
  const names = [...listed.matchAll(/^ {2}([a-z][\w-]*)/gm)].map((match) => match[1]!).filter((name) => name !== 'help')
  const verbs = new Map(names.map((name) => [name, programOf(help, [...words, name])]))
  const [, usage = ''] = /^Usage: \S+(.*)$/m.exec(text) ?? []
  const places = [...usage.matchAll(/([<[])([^>\]]+)[>\]]/g)].filter(([, , name]) => !/^(options|command)$/.test(name!))
  const many = places.some(([, , name]) => name!.endsWith('...'))
  return {
    flags,
    verbs,
    least: places.filter(([, bracket]) => bracket === '<').length,
    most: many ? Number.POSITIVE_INFINITY : places.length,
  }
}

/** What is wrong with the words behind `tidemark`; undefined where the program takes them. */
export function problemWith(words: readonly string[], program: Verb): string | undefined {
  let verb = program
  let name = 'tidemark'
  const known = new Map(program.flags)
  const given: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    const inner = given.length === 0 ? verb.verbs.get(word) : undefined
    if (inner !== undefined) {
      verb = inner
      name = `${name} ${word}`
      for (const [flag, takes] of inner.flags) known.set(flag, takes)
    } else if (word.startsWith('-') && word !== '-') {
      const [flag = '', value] = word.split('=')
      const takes = known.get(flag)
      if (takes === undefined) return `${name} has no flag ${flag}; there are ${[...known.keys()].join(', ')}`
      const next = words[at + 1]
      if (takes === 'a value' && value === undefined && next === undefined) return `${name} ${flag} needs a value`
      const isNextItsValue = takes === 'a value' || (takes === 'a value or none' && next?.startsWith('-') === false)
      if (isNextItsValue && value === undefined) at++
    } else given.push(word)
  }
  // Words without a verb are the default verb's own, and those that a group of verbs takes are its default's.
  if (verb === program && given.length > 0)
    return `there is no verb "${given[0]}"; there are ${[...verb.verbs.keys()].join(', ')}`
  if (verb.verbs.size > 0) return undefined
  if (given.length < verb.least) return `${name} needs ${verb.least} words, not ${given.length}`
  if (given.length > verb.most) return `${name} takes ${verb.most} words, not ${given.length}`
  return undefined
}

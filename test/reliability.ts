/** One line of the tables in docs/internal/reliability.md: a case, and where it is tried. */
export interface Case {
  readonly id: string
  /** Tests that it names: a file and what the test is called there. */
  readonly tests: readonly { readonly file: string; readonly name: string }[]
  /** Why there is no test, or not yet. */
  readonly reason: string | undefined
}

/** How many cases each group of the catalogue has. */
export const GROUPS: Readonly<Record<string, number>> = { A: 18, B: 20, C: 24, G: 13, H: 7, I: 17 }

export function casesIn(text: string): readonly Case[] {
  return text.split('\n').flatMap((line) => {
    const [, id, , how] = /^\| ([A-Z]\d+) +\|(.*?)\|(.*)\|$/.exec(line) ?? []
    if (id === undefined || how === undefined) return []
    const named = how.split('<br>').flatMap((one) => {
      const [, file, name] = /`([\w./-]+\.ts)`: (.+)$/.exec(one.trim()) ?? []
      return file === undefined || name === undefined ? [] : [{ file, name: name.trim() }]
    })
    const reason = /^ *none[^:]*: *(.+)$/.exec(how)?.[1]
    return [{ id, tests: named, reason }]
  })
}

/** What is wrong with the cases, read against the files that they name. */
export function problemsOf(
  cases: readonly Case[],
  read: (file: string) => string | undefined,
  groups: Readonly<Record<string, number>> = GROUPS,
): readonly string[] {
  const wanted = Object.entries(groups).flatMap(([group, count]) =>
    Array.from({ length: count }, (_, at) => `${group}${at + 1}`),
  )
  const ids = cases.map(({ id }) => id)
  return [
    ...wanted.filter((id) => !ids.includes(id)).map((id) => `${id} is missing`),
    ...ids.filter((id, at) => ids.indexOf(id) < at).map((id) => `${id} is there twice`),
    ...ids.filter((id) => !wanted.includes(id)).map((id) => `${id} is no case of the catalogue`),
    ...cases.flatMap(problemsOfCase(read)),
  ]
}

/** What is wrong with one case. */
export function problemsOfCase(read: (file: string) => string | undefined): (one: Case) => readonly string[] {
  return ({ id, tests, reason }) => {
    if (tests.length === 0 && reason === undefined) return [`${id} names neither a test nor a reason`]
    return tests.flatMap(({ file, name }) => {
      const text = read(file)
      if (text === undefined) return [`${id}: there is no file ${file}`]
      // The name as it stands in the code, between quotes of any kind.
      return isTest(text, name) ? [] : [`${id}: ${file} has no test "${name}"`]
    })
  }
}

function isTest(text: string, name: string): boolean {
  return ["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`))
}

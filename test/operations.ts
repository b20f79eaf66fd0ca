import { type Case, problemsOfCase } from './reliability.ts'

/** How many cases group J of the catalogue has: what whoever runs this meets. */
export const CASES = 13

/** What is wrong with the cases of docs/internal/operations.md, read against the files that they name. */
export function operationsProblems(
  cases: readonly Case[],
  read: (file: string) => string | undefined,
): readonly string[] {
  const wanted = Array.from({ length: CASES }, (_, at) => `J${at + 1}`)
  const ids = cases.map(({ id }) => id)
  return [
    ...wanted.filter((id) => !ids.includes(id)).map((id) => `${id} is missing`),
    ...ids.filter((id, at) => ids.indexOf(id) < at).map((id) => `${id} is there twice`),
    ...ids.filter((id) => !wanted.includes(id)).map((id) => `${id} is no case of the catalogue`),
    ...cases.flatMap(problemsOfCase(read)),
  ]
}

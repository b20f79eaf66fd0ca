/** How many rows or names go into one statement of the state. */
const CHUNK = 500

export function chunks<T>(all: readonly T[], size = CHUNK): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size))
}

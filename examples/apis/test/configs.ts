import { join } from 'node:path'

/** What `env` leaves until a command needs the value, as JSON writes it. */
const MARKED = /\\u0000env:(\w+)\\u0000/g
export const FOLDER = join(import.meta.dirname, '../src')

export interface Config extends Record<string, unknown> {
  readonly tables: Record<string, Record<string, unknown>>
}

/** The config in a file, each of its secrets some text. */
export async function configOf(file: string): Promise<Config> {
  const [one] = Object.values((await import(join(FOLDER, file))) as Record<string, { readonly config: Config }>)
  return JSON.parse(JSON.stringify(one!.config).replace(MARKED, 'value-of-$1')) as Config
}

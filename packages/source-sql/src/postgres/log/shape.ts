import { createHash } from 'node:crypto'

/** What a table is like: its columns by name and type, and the files of its rows. */
export interface Shape {
  readonly columns: ReadonlySet<string>
  readonly files: string
}

/** Enough that two columns, or two lists of files, are taken for one once in 16 million times. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 4)

export const columnMark = (name: string, type: number): string => digest(`${type} ${name}`)
export const filesMark = (files: readonly string[]): string => digest([...files].sort().join())

/** As the offset stores it. */
export const shapeText = ({ columns, files }: Shape): string => `${[...columns].sort().join('')}/${files}`

export function parseShape(text: string): Shape {
  const [columns = '', files = ''] = text.split('/')
  return { columns: new Set(columns.match(/.{4}/g) ?? []), files }
}

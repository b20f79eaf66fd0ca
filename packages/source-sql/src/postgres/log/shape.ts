import { createHash } from 'node:crypto'

/** What a table is like. */
export interface Shape {
  /** Its columns, by name and type: the number that each has in the catalogue. One that is dropped and added again has another. */
  readonly columns: ReadonlyMap<string, string>
  /** The files of its rows. */
  readonly files: string
  /** The oids of its partitions; empty: it has none. */
  readonly leaves: ReadonlySet<string>
}

/** Enough that two columns, or two lists of files, are taken for one once in 16 million times. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, MARK)
const MARK = 4

export const columnMark = (name: string, type: number): string => digest(`${type} ${name}`)
export const filesMark = (files: readonly string[]): string => digest([...files].sort().join())

/** As the offset stores it. */
export const shapeText = ({ columns, files, leaves }: Shape): string =>
  [[...columns].map(([mark, number]) => mark + number).sort(), [files], [...leaves].sort()]
    .map((some) => some.join('.'))
    .join('/')

export function parseShape(text: string): Shape {
  const [columns = '', files = '', leaves = ''] = text.split('/')
  return {
    columns: new Map(parts(columns).map((part) => [part.slice(0, MARK), part.slice(MARK)])),
    files,
    leaves: new Set(parts(leaves)),
  }
}

const parts = (text: string): readonly string[] => (text === '' ? [] : text.split('.'))

/** Whether two have the same columns, by name and type. */
export const hasSameColumns = (one: Shape, other: Shape): boolean =>
  one.columns.size === other.columns.size && [...one.columns.keys()].every((mark) => other.columns.has(mark))

/** What the tables are like at an offset: new ones as they are now, and known ones in their present files where their columns are the same. */
export function shapesFrom(
  then: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(now).map(([name, text]) => {
      const before = then[name] === undefined ? undefined : parseShape(then[name])
      const present = parseShape(text)
      if (before === undefined || hasSameColumns(before, present)) return [name, text]
      const columns = new Map([...before.columns].map(([mark, number]) => [mark, present.columns.get(mark) ?? number]))
      return [name, shapeText({ ...present, columns, files: before.files })]
    }),
  )
}

import { CURSORS } from './config.ts'
import type { FoundColumn } from './found-table.ts'

const MOVING = /^(updat|modif|chang|edit|touch|alter|revis|refresh)/
const WHOLE = new Set(['mtime', 'last', 'version', 'rowversion'])

/** Whether a column moves with every change of its row: the database moves it, or its name says so. */
export function movesWithChanges({ name, moves }: FoundColumn, cursors: readonly string[]): boolean {
  if (moves === true) return true
  const plain = plainName(name)
  if ([...cursors, ...CURSORS].some((one) => plainName(one) === plain)) return true
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
  return words.some((word) => WHOLE.has(word) || MOVING.test(word))
}

/** A name as people spell it one way or the other: case and `_` do not count. */
export function plainName(name: string): string {
  return name.replaceAll('_', '').toLowerCase()
}

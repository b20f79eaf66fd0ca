import { parseJson } from '@tidemark/core/values'
import { isObject } from './message.ts'
import type { SelectedStream } from './selected-stream.ts'

/** What taps note of a stream beside how far it was read. */
const NO_PROGRESS = new Set([
  'context',
  'version',
  'initial_full_table_complete',
  'last_replication_method',
  'replication_method',
])

/** Whether a state holds how far a stream was read, so that the tap may begin in its middle. @param state its JSON text. */
export function resumes(state: string | undefined, { messageNames }: Pick<SelectedStream, 'messageNames'>): boolean {
  const value = state === undefined ? undefined : parseJson(state)
  if (!isObject(value)) return false
  // Old taps have no bookmarks beneath which they stand.
  const bookmarks = isObject(value['bookmarks']) ? value['bookmarks'] : value
  return messageNames.some((name) => Object.hasOwn(bookmarks, name) && holdsProgress(bookmarks[name]))
}

function holdsProgress(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return false
  if (Array.isArray(value)) return value.some(holdsProgress)
  if (!isObject(value)) return true
  return Object.entries(value).some(([name, one]) => !NO_PROGRESS.has(name) && holdsProgress(one))
}

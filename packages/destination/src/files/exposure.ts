import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { shellWord } from '@tidemark/core/engine'

const READABLE = 0o004
const WRITABLE = 0o002
const STICKY = 0o1000

/**
 * What other users of the machine may do with the files of a database, and how to keep them from it.
 *
 * @param paths the database itself, then the files beside it.
 */
export function exposureOfFile(paths: readonly [string, ...string[]]): readonly string[] {
  const me = process.getuid?.()
  if (me === undefined) return []
  const [path] = paths
  const files = paths.flatMap(opened)
  const folder = dirname(path)
  const around = statSync(folder, { throwIfNoEntry: false })
  const isOpen = around !== undefined && (around.mode & WRITABLE) !== 0 && (around.mode & STICKY) === 0
  return [
    ...(files.length === 0
      ? []
      : [
          `every user of this machine may ${files.some(({ may }) => may === 'change') ? 'change' : 'read'} the database; restrict it to your user: chmod 600 ${files.map(({ name }) => shellWord(name)).join(' ')}`,
        ]),
    ...(isOpen
      ? [
          `every user of this machine may replace the database with another file; restrict its folder to your user: chmod 700 ${shellWord(folder)}`,
        ]
      : []),
    ...owned(path, me),
  ]
}

function opened(name: string): readonly { readonly name: string; readonly may: 'read' | 'change' }[] {
  const stats = statSync(name, { throwIfNoEntry: false })
  if (stats === undefined || (stats.mode & (READABLE | WRITABLE)) === 0) return []
  return [{ name, may: (stats.mode & WRITABLE) === 0 ? 'read' : 'change' }]
}

/** In a folder that all may write, somebody else may have made it. */
function owned(path: string, me: number): readonly string[] {
  const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || stats.uid === me || stats.uid === 0 || me === 0) return []
  return [`the database ${path} belongs to another user, who may read and change it; name a file of your own`]
}

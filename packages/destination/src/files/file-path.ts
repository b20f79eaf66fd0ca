import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { looksLikeAddress, SyncError } from '@tidemark/core'

const POSTGRES = /^(?:jdbc:)?(?:postgres(?:ql)?|pgsql|psql|pgx?|postgis)(?:\+[\w.-]+)?:/i
const SQLITE = /^(?:jdbc:)?sqlite[23]?(?:\+[\w.-]+)?:/i
const DUCKDB = /^(?:jdbc:)?(?:duckdb(?:\+[\w.-]+)?|motherduck|md):/i
const SCHEME = /^([a-z][a-z0-9+.-]+):/i

function refuse(problem: string): never {
  throw new SyncError(
    `the destination ${problem}; give it the path of a SQLite file, such as data/tidemark.db, or of a DuckDB file, such as data/tidemark.duckdb, or a url such as postgres://user@host:5432/database`,
    'fix-config',
    { code: 'destination-unavailable' },
  )
}

/**
 * The file that a destination names: by its path, as `file:<path>`, or behind the database's own scheme. Whatever looks like
 * the address of a database is not a file of that name.
 *
 * @param own the scheme of the database that asks.
 * @throws SyncError `fix-config`, which never repeats what was written: an address may hold a password.
 */
export function filePath(url: string, own: 'sqlite' | 'duckdb'): string {
  if (url === '') return refuse('is empty')
  if (url.includes('\0')) return refuse('holds a NUL character')
  if (own !== 'sqlite' && url.includes(':memory:')) return refuse('names no file')
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase()
  if (scheme === own || scheme === 'file') return pathIn(scheme, url.slice(scheme.length + 1))
  if (POSTGRES.test(url)) return refuse('names Postgres in the format of another program')
  if (SQLITE.test(url)) return refuse('names SQLite in the format of another program')
  if (DUCKDB.test(url)) return refuse('names DuckDB in the format of another program')
  if (scheme !== undefined)
    return refuse(
      `is of the kind "${scheme.slice(0, 30)}", which is not supported (for a file of that name, write ./<name>)`,
    )
  if (url.includes('://')) return refuse('contains an address with text before it')
  if (/^["'`]|[\r\n]/.test(url)) return refuse('holds quotes or line ends')
  if (url !== ':memory:' && looksLikeAddress(url)) return refuse('looks like the address of a server')
  return absolute(url)
}

function pathIn(scheme: string, rest: string): string {
  if (rest.includes('?')) return refuse(`has parameters after "${scheme}:", which takes none`)
  if (scheme === 'file' && rest.startsWith('//')) return ofFileUrl(`file:${rest}`)
  const path = rest.startsWith('//') ? rest.slice(2) : rest
  // Some programs mean the folder they are in, others that of the whole machine.
  if (/^\/[^/]*$/.test(path) && rest.startsWith('//'))
    return refuse(
      `may mean two files; write ${scheme}:${'<name>'} for a file in the project, ${scheme}:/<path> for an absolute path`,
    )
  return path === '' ? refuse('names no file') : absolute(path.replace(/^\/+/, '/'))
}

function ofFileUrl(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return refuse('is not a valid url of a file; write file:///<path>')
  }
}

function absolute(path: string): string {
  return path === ':memory:' || isAbsolute(path) ? path : resolve(path)
}

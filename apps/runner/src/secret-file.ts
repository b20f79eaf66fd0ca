import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type SecretStore, SyncError } from '@tidemark/core'
import { messageOf, shellWord } from '@tidemark/core/engine'
import { z } from 'zod'

/** Longer than any exchange takes: a runner that holds the lock for longer has ended. */
const STALE_MS = 120_000
const GIVE_UP_MS = 150_000
const POLL_MS = 50
/** Maximum number of secrets per source: older ones belong to an earlier config. */
const MAX_OF_A_SOURCE = 8
const GROUP_AND_OTHERS = 0o077

const Document = z.object({ version: z.literal(1), sources: z.record(z.string(), z.record(z.string(), z.string())) })
type Document = z.infer<typeof Document>

export interface SecretFileOptions {
  readonly path: string
  /** Called with each secret before it is used. */
  readonly onSecret: (secret: string) => void
  readonly signal: AbortSignal
}

/**
 * Stores secrets that sources received in exchange for others (refresh tokens) in a file that only the user can read. They
 * are never part of the state, so of no export, record or page. Writes are atomic, by one runner at a time.
 */
export function secretFile(options: SecretFileOptions): (source: string) => SecretStore {
  const { path, onSecret } = options
  return (source) => ({
    exchange: async (name, work) => {
      const id = createHash('sha256')
        .update(JSON.stringify([source, name]))
        .digest('hex')
        .slice(0, 16)
      return locked(`${path}.${id}.lock`, options, async () => {
        const kept = (await read(path)).sources[source]?.[name]
        if (kept !== undefined) onSecret(kept)
        return work(kept, async (secret) => {
          onSecret(secret)
          await locked(`${path}.lock`, options, (problem) => keep(path, { source, name, secret }, problem))
        })
      })
    },
  })
}

/**
 * Does the work while holding the lock. If the lock cannot be created, the work is done anyway: most servers accept a
 * refresh token more than once, and for the others a later message reports the problem.
 */
async function locked<T>(
  lock: string,
  { signal }: SecretFileOptions,
  work: (problem: unknown) => Promise<T>,
): Promise<T> {
  const problem = await take(lock, signal).then(
    () => undefined,
    (error: unknown) => error,
  )
  signal.throwIfAborted()
  if (problem !== undefined && SyncError.is(problem)) throw problem
  try {
    return await work(problem)
  } finally {
    if (problem === undefined) await rm(lock, { force: true })
  }
}

/** Creates the lock, after waiting for another. @throws if it cannot be created. */
async function take(lock: string, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + GIVE_UP_MS
  await makeFolder(dirname(lock))
  for (;;) {
    signal.throwIfAborted()
    try {
      await writeFile(lock, JSON.stringify({ host: hostname(), pid: process.pid }), { flag: 'wx', mode: 0o600 })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    await removeStale(lock)
    if (performance.now() > giveUpAt)
      throw new SyncError(
        `${lock} is held by a runner that does not release it; if no runner is active, remove that file`,
        'retry',
        { code: 'secrets' },
      )
    await wait(POLL_MS, undefined, { signal })
  }
}

/** A killed runner leaves its lock behind. Renaming it first ensures that only one of two runners removes it. */
async function removeStale(lock: string): Promise<void> {
  const before = await lstat(lock).catch(() => undefined)
  if (before === undefined || !(Date.now() - before.mtimeMs > STALE_MS || (await isLeft(lock)))) return
  const aside = `${lock}.${process.pid}`
  await rename(lock, aside).catch(() => {})
  const moved = await lstat(aside).catch(() => undefined)
  // Another runner was faster, and the renamed file is its lock: put it back.
  if (moved !== undefined && moved.ino !== before.ino) await rename(aside, lock).catch(() => {})
  else await rm(aside, { force: true })
}

/** Whether the process on this machine that created a lock has ended. */
async function isLeft(lock: string): Promise<boolean> {
  const text = await readFile(lock, 'utf8').catch(() => '')
  const { host, pid } = Holder.safeParse(parsed(text)).data ?? {}
  if (host !== hostname() || pid === undefined) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

const Holder = z.object({ host: z.string(), pid: z.int() })

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A folder created for this purpose is private, and git ignores it. */
async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made !== undefined) await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch(() => {})
}

/** @throws SyncError if the file belongs to another user, is readable by others, or was modified outside Tidemark. */
async function read(path: string): Promise<Document> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return { version: 1, sources: {} }
    throw unusable(path, error)
  }
  try {
    const { uid, mode } = await file.stat()
    const me = process.getuid?.()
    if (me !== undefined && uid !== me) throw refused(path, 'belongs to another user', `remove it, or run as that user`)
    if (me !== undefined && (mode & GROUP_AND_OTHERS) !== 0)
      throw refused(
        path,
        'is readable by other users',
        `authorize again if one of them read it, and run: chmod 600 ${shellWord(path)}`,
      )
    return Document.parse(JSON.parse(await file.readFile('utf8')))
  } catch (error) {
    if (SyncError.is(error)) throw error
    throw refused(path, 'was modified outside Tidemark', 'remove it, and put a new refresh token into the config')
  } finally {
    await file.close()
  }
}

interface Kept {
  readonly source: string
  readonly name: string
  readonly secret: string
}

async function keep(path: string, { source, name, secret }: Kept, problem: unknown): Promise<void> {
  if (problem !== undefined) throw unusable(path, problem)
  const { sources } = await read(path)
  const { [name]: _, ...others } = sources[source] ?? {}
  const own = Object.fromEntries([...Object.entries(others), [name, secret]].slice(-MAX_OF_A_SOURCE))
  const document: Document = { version: 1, sources: { ...sources, [source]: own } }
  const next = `${path}.${process.pid}.new`
  const file = await open(next, 'wx', 0o600).catch((error: unknown) => {
    throw unusable(path, error)
  })
  try {
    await file.writeFile(`${JSON.stringify(document, undefined, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
  const folder = await open(dirname(path), 'r').catch(() => undefined)
  // Windows cannot open a folder, and does not need to sync its entries.
  await folder?.sync().catch(() => {})
  await folder?.close()
}

const refused = (path: string, problem: string, way: string): SyncError =>
  new SyncError(`${path}, which stores refresh tokens, ${problem}; ${way}`, 'fix-config', { code: 'secrets' })

function unusable(path: string, cause: unknown): SyncError {
  return new SyncError(
    `refresh tokens cannot be stored in ${path}: ${messageOf(cause)}; give the runner write permission`,
    'fix-config',
    { code: 'secrets', cause },
  )
}

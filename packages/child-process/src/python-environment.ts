import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { SyncError } from '@tidemark/core'
import type { ProcessEnding } from './line-process-options.ts'
import { outputOf } from './program-output.ts'
import type { Python } from './python.ts'

export interface PythonEnvironmentOptions {
  readonly python: Python
  /** Lines of a requirements file. */
  readonly requirements: readonly string[]
  /** The folder that paths in them start from. */
  readonly folder: string
  /** What needs it, in messages. */
  readonly subject: string
  /** Called once before packages are installed, and for each line of the installer. */
  readonly onLog?: ((line: string) => void) | undefined
  /** Texts that no message and no log line shows: an index may have a password. */
  readonly secrets?: Iterable<string> | undefined
  /** Where environments are kept; absent: `tidemark/python` in the user's cache folder. */
  readonly cache?: string | undefined
  readonly signal: AbortSignal
}

/** A virtual environment that has all its packages. */
export interface PythonEnvironment {
  readonly folder: string
  /** Its Python; the programs of its packages are beside it. */
  readonly python: string
}

/** An installer that writes nothing for so long hangs. What is built from source is silent for minutes. */
const SILENCE_MS = 1_800_000
/** A folder that was not completed within so long belongs to a process that is gone. */
const ABANDONED_MS = 24 * 3_600_000

/**
 * A virtual environment with these packages, made once for the same requirements and the same Python.
 *
 * Each is made in a folder of its own, since a virtual environment cannot be moved, and counts only once a file that names
 * it has its place in the cache: whatever ends this process before, the next makes another one, and of two processes at once one is used.
 *
 * @throws SyncError `fix-config` where a package cannot be installed, `retry` where the registry cannot be reached.
 */
export async function pythonEnvironment(options: PythonEnvironmentOptions): Promise<PythonEnvironment> {
  const { python, requirements, cache = cacheFolder() } = options
  const hash = createHash('sha256')
    .update(JSON.stringify([python.path, python.version, python.kind, requirements]))
    .digest('hex')
    .slice(0, 24)
  const name = join(cache, `${hash}.json`)
  const known = await environmentNamed(name)
  if (known !== undefined) return known
  await mkdir(cache, { recursive: true, mode: 0o700 })
  await removeAbandoned(cache)
  const folder = join(cache, `${hash}-${randomUUID()}`)
  try {
    await install(folder, options)
    return await publish(name, folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

const pythonIn = (folder: string): string => join(folder, 'bin', 'python')

async function environmentNamed(name: string): Promise<PythonEnvironment | undefined> {
  const text = await readFile(name, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const folder = folderIn(text)
  // The Python that it was made with may be gone, or somebody cleared the cache.
  const isWhole = folder !== undefined && existsSync(pythonIn(folder))
  return isWhole ? { folder, python: pythonIn(folder) } : undefined
}

function folderIn(text: string): string | undefined {
  try {
    return String((JSON.parse(text) as { readonly folder?: unknown }).folder)
  } catch {
    return undefined
  }
}

/** Gives an environment its place, unless another process was faster. */
async function publish(name: string, folder: string): Promise<PythonEnvironment> {
  const draft = `${folder}.json`
  await writeFile(draft, JSON.stringify({ folder }))
  try {
    await link(draft, name)
  } catch {
    const other = await environmentNamed(name)
    if (other !== undefined) {
      await rm(draft)
      await rm(folder, { recursive: true, force: true })
      return other
    }
    await rename(draft, name)
    return { folder, python: pythonIn(folder) }
  }
  await rm(draft)
  return { folder, python: pythonIn(folder) }
}

async function install(folder: string, options: PythonEnvironmentOptions): Promise<void> {
  const { python, requirements, subject, signal, secrets, onLog = () => {} } = options
  onLog(`installing ${requirements.filter((line) => !line.startsWith('#')).join(', ')}`)
  const limits = { silenceMs: SILENCE_MS }
  const run = (command: string, args: readonly string[], judge: Judge) =>
    outputOf(
      { command, args, cwd: options.folder, subject, signal, secrets, limits, judge, onLog: ({ text }) => onLog(text) },
      onLog,
    )
  const list = `${folder}.txt`
  await writeFile(list, `${requirements.join('\n')}\n`)
  try {
    if (await hasUv(options)) {
      await run('uv', ['venv', '--quiet', '--python', python.path, folder], noVenv(subject))
      const from = ['--python', pythonIn(folder), '--requirement', list]
      await run('uv', ['pip', 'install', ...from], notInstalled(subject, python))
    } else {
      await run(python.path, ['-m', 'venv', folder], noVenv(subject))
      const how = ['install', '--disable-pip-version-check', '--no-input', '--requirement', list]
      await run(pythonIn(folder), ['-m', 'pip', ...how], notInstalled(subject, python))
    }
  } finally {
    await rm(list, { force: true })
  }
}

async function hasUv({ folder, signal }: PythonEnvironmentOptions): Promise<boolean> {
  try {
    await outputOf({ command: 'uv', args: ['--version'], cwd: folder, subject: 'uv', signal })
    return true
  } catch {
    signal.throwIfAborted()
    return false
  }
}

type Judge = (ending: ProcessEnding) => SyncError | undefined

/** Who ended an installer says nothing about what it installs. */
const unlessKilled =
  (judge: Judge): Judge =>
  (ending) =>
    ending.signal === null ? judge(ending) : undefined

const noVenv = (subject: string): Judge =>
  unlessKilled(
    ({ stderr }) =>
      new SyncError(
        `${subject}: no virtual environment could be made; install uv, or the venv module of Python (on Debian: python3-venv)\n${stderr}`,
        'fix-config',
        { code: 'no-python' },
      ),
  )

const UNREACHED =
  /NewConnectionError|Connection(?:Error| refused| reset)|timed out|Temporary failure|Name or service not known|error sending request|dns error|Could not connect|HTTP error 5\d\d/i

/** What pip and uv say where a version of a package is for another Python. */
const OTHER_PYTHON = /requires? a different python|does not satisfy Python/i

const notInstalled = (subject: string, { version, setting }: Python): Judge => {
  const wayOut = (stderr: string): string =>
    OTHER_PYTHON.test(stderr)
      ? `name another Python than ${version} with ${setting}, or correct its requirements`
      : 'correct its requirements'
  return unlessKilled(({ stderr }) =>
    UNREACHED.test(stderr)
      ? new SyncError(`${subject}: the package registry could not be reached:\n${stderr}`, 'retry', { code: 'network' })
      : new SyncError(`${subject}: its packages could not be installed; ${wayOut(stderr)}:\n${stderr}`, 'fix-config', {
          code: 'packages',
        }),
  )
}

/** Folders that nobody completed, and whose maker is long gone. */
async function removeAbandoned(cache: string): Promise<void> {
  const names = await readdir(cache)
  for (const name of names.filter((one) => /^[0-9a-f]{24}-[0-9a-f-]{36}$/.test(one))) {
    const named = await environmentNamed(join(cache, `${name.slice(0, 24)}.json`))
    const path = join(cache, name)
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now())
    if (named?.folder !== path && age > ABANDONED_MS) await rm(path, { recursive: true, force: true })
  }
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME: chosen = '' } = process.env
  return join(isAbsolute(chosen) ? chosen : join(homedir(), '.cache'), 'tidemark', 'python')
}

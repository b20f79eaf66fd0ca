import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'

/** The folder whose dependencies provide the sources, and that contains the config and the data. */
export interface Project {
  readonly folder: string
  /** Names of the packages that may be sources: its package.json lists them under `dependencies`, or under `sources` of `tidemark`. */
  readonly dependencies: readonly string[]
}

/** The nearest folder with a package.json at or above the working directory, or the one that `--project` names. */
export function findProject(cwd: string, asked: string | undefined): Project {
  const folder = asked === undefined ? nearestProject(cwd) : askedProject(resolve(cwd, asked), asked)
  return { folder: realpathSync(folder), dependencies: dependenciesOf(join(folder, 'package.json')) }
}

function nearestProject(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return trusted(folder)
    if (folder === dirname(folder)) {
      throw new SyncError(
        `there is no package.json in ${cwd} or above it; change to a project folder, name one with --project <folder>, or create one with "npm init"`,
        'fix-config',
        { code: 'project' },
      )
    }
  }
}

/** A project's config and packages are executed, so a folder that all users may write must not belong to another user. */
function trusted(folder: string): string {
  const me = process.getuid?.()
  const owner = statSync(join(folder, 'package.json')).uid
  if (me === undefined || owner === me || owner === 0 || (statSync(folder).mode & 0o002) === 0) return folder
  throw new SyncError(
    `${join(folder, 'package.json')} belongs to another user, in a folder that every user may write, so Tidemark does not run its config and packages; change to a project folder, or name one with --project <folder>`,
    'fix-config',
    { code: 'project' },
  )
}

function askedProject(folder: string, asked: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats?.isDirectory() !== true)
    throw new SyncError(`--project ${asked}: the folder ${folder} does not exist; correct the path`, 'fix-config', {
      code: 'project',
    })
  if (!existsSync(join(folder, 'package.json'))) {
    throw new SyncError(
      `--project ${asked}: the folder ${folder} has no package.json, so it is not a project; create one with "npm init"`,
      'fix-config',
      { code: 'project' },
    )
  }
  return folder
}

function dependenciesOf(file: string): readonly string[] {
  const manifest = readManifest(file)
  const { dependencies, tidemark } = manifest as { dependencies?: unknown; tidemark?: { sources?: unknown } | null }
  const installed = typeof dependencies === 'object' && dependencies !== null ? Object.keys(dependencies) : []
  // For a package whose users must not get its sources with it: those are among its devDependencies.
  const named = Array.isArray(tidemark?.sources) ? tidemark.sources.filter((name) => typeof name === 'string') : []
  return [...new Set([...installed, ...named])].sort()
}

/** @throws SyncError `fix-config` if the file is not readable or not a JSON object. */
export function readManifest(file: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
    if (typeof manifest === 'object' && manifest !== null) return manifest as Record<string, unknown>
  } catch (cause) {
    throw new SyncError(`${file} cannot be read: ${messageOf(cause)}`, 'fix-config', { cause, code: 'project' })
  }
  throw new SyncError(`${file} does not contain a JSON object`, 'fix-config', { code: 'project' })
}

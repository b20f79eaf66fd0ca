import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type ProjectRecord, projectText, readProject, type Project as Syncing } from '@tidemark/core/engine'
import { CONFIG_NAMES } from './load-config.ts'
import { type Project, readManifest } from './project.ts'

/**
 * Identifies the project that syncs, for the tables that it creates. A project that was moved, renamed, cloned, or that
 * runs in another container stays the same one; two folders that both exist and differ, or two different names, are two.
 */
export function projectIdentity({ folder, dependencies }: Project, namespace: string | undefined): Syncing {
  const own: ProjectRecord = {
    ...(namespace === undefined ? {} : { namespace }),
    name: nameOf(folder),
    host: hostname(),
    folder,
  }
  const known = new Map<string, boolean>()
  const isOurs = (recorded: string): boolean => {
    const answer = known.get(recorded) ?? isSame(own, readProject(recorded), dependencies)
    known.set(recorded, answer)
    return answer
  }
  return { record: projectText(own), isOurs }
}

function isSame(own: ProjectRecord, other: ProjectRecord | undefined, dependencies: readonly string[]): boolean {
  if (other === undefined || other.namespace !== own.namespace) return false
  // A name in the config is trusted, wherever the project runs.
  if (own.namespace !== undefined) return true
  if (other.host !== own.host) return other.name === own.name
  if (other.folder === own.folder || !existsSync(join(other.folder, 'package.json'))) return true
  return other.name === own.name && isCopy(other.folder, own.folder, dependencies)
}

function nameOf(folder: string): string {
  const { name } = readManifest(join(folder, 'package.json'))
  return typeof name === 'string' ? name : ''
}

/** Whether two folders hold the same config and sources. What cannot be read does not count as a difference. */
function isCopy(one: string, other: string, dependencies: readonly string[]): boolean {
  const configs = CONFIG_NAMES.map((name) => [name])
  const packages = dependencies.map((name) => ['node_modules', name, 'package.json'])
  const entries = dependencies.flatMap((name) => {
    const entry = entryOf(join(other, 'node_modules', name, 'package.json'))
    return entry === undefined ? [] : [['node_modules', name, entry]]
  })
  return [...configs, ...packages, ...entries].every((path) => {
    const [a, b] = [textOf(join(one, ...path)), textOf(join(other, ...path))]
    return a === b || (path.length > 1 && (a === undefined || b === undefined))
  })
}

/** The module of a package that registers its source. */
function entryOf(manifest: string): string | undefined {
  try {
    const { tidemark } = readManifest(manifest) as { tidemark?: { source?: unknown } }
    return typeof tidemark?.source === 'string' ? tidemark.source : undefined
  } catch {
    return undefined
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

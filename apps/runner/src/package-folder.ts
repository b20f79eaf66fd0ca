import { existsSync, lstatSync, realpathSync } from 'node:fs'
import module from 'node:module'
import { dirname, join, resolve } from 'node:path'

/** Where a package is installed. */
export interface PackageFolder {
  /** The real folder, with links resolved. */
  readonly folder: string
  /** Whether it lies outside every node_modules: a linked folder or a workspace, which brings its own dependencies. */
  readonly linked: boolean
}

/**
 * Finds a package as Node does, by walking up from the project: works for every installer, flat, isolated or linked. Yarn's Plug'n'Play has
 * no `node_modules`, and is asked.
 */
export function findPackage(project: string, name: string): PackageFolder | undefined {
  const plugged = pluggedFolder(project, name)
  if (plugged !== undefined) return { folder: plugged, linked: !/[\\/]node_modules[\\/]/.test(plugged) }
  for (let folder = project; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) {
      const real = realpathSync(candidate)
      return { folder: real, linked: lstatSync(candidate).isSymbolicLink() && !/[\\/]node_modules[\\/]/.test(real) }
    }
    if (folder === dirname(folder)) return undefined
  }
}

/** What Plug'n'Play adds to Node's `module` in a process that Yarn started. */
interface PlugAndPlay {
  resolveToUnqualified(request: string, issuer: string): string | null
}

/** The folder of a package in an archive or a store of Yarn, as it must be imported: its real path would lose its peers. */
function pluggedFolder(project: string, name: string): string | undefined {
  const { findPnpApi } = module as { findPnpApi?: (path: string) => PlugAndPlay | null }
  const folder = join(project, '/')
  try {
    const found = findPnpApi?.(folder)?.resolveToUnqualified(name, folder)
    return found === undefined || found === null ? undefined : resolve(found)
  } catch {
    // It throws for a package that the project does not list, or that is not installed.
    return undefined
  }
}

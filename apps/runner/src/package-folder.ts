import { existsSync, lstatSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where a package is installed. */
export interface PackageFolder {
  /** The real folder, with links resolved. */
  readonly folder: string
  /** Whether it lies outside every node_modules: a linked folder or a workspace, which brings its own dependencies. */
  readonly linked: boolean
}

/** Finds a package as Node does, by walking up from the project: works for every installer, flat, isolated or linked. */
export function findPackage(project: string, name: string): PackageFolder | undefined {
  for (let folder = project; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) {
      const real = realpathSync(candidate)
      return { folder: real, linked: lstatSync(candidate).isSymbolicLink() && !/[\\/]node_modules[\\/]/.test(real) }
    }
    if (folder === dirname(folder)) return undefined
  }
}

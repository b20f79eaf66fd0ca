import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** The folder of this package. */
export const CORE: string = dirname(import.meta.dirname)
const ROOT = join(CORE, '..', '..')

/** A folder outside the repository, away again with `await using`. */
export async function scratch(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'tidemark-core-')))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/**
 * Puts core as it was built into a project's `node_modules`: `installed` as a package from a registry lies there (a
 * copy), `linked` as one of a workspace does. Zod and Node's types come with it.
 */
export async function provide(
  project: string,
  how: 'installed' | 'linked',
  zod: 'zod' | 'zod-oldest' = 'zod',
): Promise<void> {
  const modules = join(project, 'node_modules')
  const core = join(modules, '@tidemark', 'core')
  await mkdir(join(modules, '@tidemark'), { recursive: true })
  await mkdir(join(modules, '@types'))
  if (how === 'linked') await symlink(CORE, core)
  else {
    await cp(join(CORE, 'dist'), join(core, 'dist'), { recursive: true })
    await cp(join(CORE, 'package.json'), join(core, 'package.json'))
  }
  await symlink(await realpath(join(CORE, 'node_modules', zod)), join(modules, 'zod'))
  await symlink(await realpath(join(ROOT, 'node_modules', '@types', 'node')), join(modules, '@types', 'node'))
}

/** Runs the TypeScript compiler; what it says, empty where it is content. */
export async function compile(project: string, config: string): Promise<string> {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', config], { cwd: project })
    return stdout
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error)
  }
}

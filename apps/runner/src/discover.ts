import { existsSync, realpathSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Source, SyncError } from '@tidemark/core'
import { adapted, CONTRACT, CONTRACTS, isSource, messageOf } from '@tidemark/core/engine'
import { type Failure, failureOf } from '@tidemark/engine'
import { findPackage, type PackageFolder } from './package-folder.ts'
import { type Project, readManifest } from './project.ts'

/** A package that declares in its package.json that it is a source. */
interface SourcePackage extends PackageFolder {
  readonly package: string
  readonly version: string
  /** The value of `tidemark.source` in the manifest. */
  readonly entry: unknown
  readonly peers: readonly string[]
}

export interface InstalledSource {
  readonly package: string
  readonly version: string
  readonly folder: string
  readonly source: Source
}

export interface BrokenSource {
  readonly package: string
  readonly version: string
  /** Undefined if loading failed before the name was known. */
  readonly name: string | undefined
  readonly failure: Failure
}

/** The sources that a project has installed. */
export interface Discovered {
  readonly sources: readonly InstalledSource[]
  readonly broken: readonly BrokenSource[]
  /** Dependencies that package.json lists but that are not installed. */
  readonly absent: readonly string[]
}

/**
 * Finds the sources among a project's dependencies. It reads only manifests, and imports a package only if its manifest
 * declares a source; the result lists each package that cannot be imported with its failure.
 */
export async function discover(project: Project): Promise<Discovered> {
  const absent: string[] = []
  const broken: BrokenSource[] = []
  const packages: SourcePackage[] = []
  for (const name of project.dependencies) {
    const found = findPackage(project.folder, name)
    if (found === undefined) absent.push(name)
    else {
      try {
        const candidate = sourcePackage(name, found)
        if (candidate !== undefined) packages.push(candidate)
      } catch (error) {
        broken.push({ package: name, version: '?', name: undefined, failure: failureOf(error) })
      }
    }
  }
  const loaded = await Promise.all(packages.map(load))
  return {
    sources: loaded.filter((one) => 'source' in one),
    broken: [...broken, ...loaded.filter((one) => 'failure' in one)],
    absent,
  }
}

function sourcePackage(name: string, found: PackageFolder): SourcePackage | undefined {
  const { tidemark, version, peerDependencies } = readManifest(join(found.folder, 'package.json'))
  if (typeof tidemark !== 'object' || tidemark === null) return undefined
  // A project that names its own sources, such as the runner, is not a source.
  if ('sources' in tidemark && !('source' in tidemark)) return undefined
  return {
    ...found,
    package: name,
    version: typeof version === 'string' ? version : '?',
    entry: (tidemark as { source?: unknown }).source,
    peers: Object.keys((peerDependencies as object | undefined) ?? {}),
  }
}

async function load(one: SourcePackage): Promise<InstalledSource | BrokenSource> {
  const { package: name, version, folder } = one
  let source: unknown
  try {
    source = await importDefault(entryFile(one))
    if (!isSource(source)) {
      throw new SyncError(
        `package "${name}" exports no source; its entry must end in: export default register(…)`,
        'fix-source',
        { code: 'source-package' },
      )
    }
    checkContract(name, source)
    return { package: name, version, folder, source: adapted(source) }
  } catch (error) {
    const failure = failureOf(peerProblem(one, error) ?? error)
    return { package: name, version, name: isSource(source) ? source.name : undefined, failure: named(name, failure) }
  }
}

function named(name: string, failure: Failure): Failure {
  if (failure.message.includes(`"${name}"`)) return failure
  return { ...failure, message: `package "${name}" cannot be loaded: ${failure.message}` }
}

/** The file to import. @throws SyncError if the manifest names no file, or one outside its package. */
function entryFile({ package: name, folder, entry, linked }: SourcePackage): string {
  if (typeof entry !== 'string') {
    throw new SyncError(
      `package "${name}" has a "tidemark" key in its package.json that does not name a file; write "tidemark": { "source": "./dist/index.js" }`,
      'fix-source',
      { code: 'source-package' },
    )
  }
  const file = resolve(folder, entry)
  if (!file.startsWith(folder + sep)) throw outside(name, entry)
  if (!existsSync(file)) {
    const hint = linked ? `build it first, in ${folder}` : 'install it again, or report it to its author'
    throw new SyncError(
      `package "${name}" has no file ${entry}, which its package.json names as its source; ${hint}`,
      'fix-source',
      { code: 'source-package' },
    )
  }
  if (!realpathSync(file).startsWith(realpathSync(folder) + sep)) throw outside(name, entry)
  return file
}

function outside(name: string, entry: string): SyncError {
  return new SyncError(
    `package "${name}" names ${entry} as its source, which is outside the package; nothing was loaded`,
    'fix-source',
    { code: 'source-package' },
  )
}

/** @throws SyncError `upgrade` if the source was built for a contract that this runner does not support. */
function checkContract(name: string, { contract, tables }: Source): void {
  const kinds = typeof tables === 'function' ? [] : tables.map((table): unknown => table.kind)
  if (!CONTRACTS.includes(contract)) {
    const newer = typeof contract === 'number' && contract > CONTRACT
    const way = newer ? 'install a newer @tidemark/runner' : `install a newer version of ${name}`
    throw new SyncError(
      `package "${name}" is built for contract ${contract}; this version supports ${CONTRACTS.join(', ')}; to fix it, ${way}`,
      'upgrade',
      { code: 'contract' },
    )
  }
  const unknown = kinds.find((kind) => kind !== 'table' && kind !== 'feed')
  if (unknown !== undefined) {
    throw new SyncError(
      `package "${name}" has an entry of the kind "${String(unknown)}", which this version does not support; install a newer @tidemark/runner`,
      'upgrade',
      { code: 'contract' },
    )
  }
}

/** A linked folder resolves its peers from its real path, where they are often missing. */
function peerProblem({ package: name, folder, linked, peers }: SourcePackage, error: unknown): SyncError | undefined {
  if ((error as { code?: unknown } | null)?.code !== 'ERR_MODULE_NOT_FOUND') return undefined
  const missing = /Cannot find package '([^']+)'/.exec(messageOf(error))?.[1]
  const peer = peers.find((one) => one === missing || missing?.startsWith(`${one}/`))
  if (peer === undefined) return undefined
  const way = linked
    ? `it is a linked folder and resolves the peer from its own path: run "pnpm add --save-dev ${peer}" in ${folder}, or install the package as a file or a tarball instead of a link`
    : `add it to this project: "pnpm add ${peer}"`
  return new SyncError(`package "${name}" cannot find its peer "${peer}"; ${way}`, 'fix-config', {
    cause: error,
    code: 'peer',
  })
}

const IMPORT_LIMIT_MS = 30_000

/** The default export of a module of the user or of a source: the only place that loads foreign code. */
export async function importDefault(file: string): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  // The timer also keeps the process alive: an import that never settles would end it without a message.
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${file} did not finish loading within ${IMPORT_LIMIT_MS / 1000} s`)),
      IMPORT_LIMIT_MS,
    )
  })
  try {
    const module = (await Promise.race([import(pathToFileURL(file).href), late])) as { default?: unknown }
    return module.default
  } finally {
    clearTimeout(timer)
  }
}

import { existsSync, realpathSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Source, SyncError } from '@tidemark/core'
import { adapted, CONTRACT, CONTRACTS, isSource, messageOf } from '@tidemark/core/engine'
import { type Failure, failureOf } from '@tidemark/engine'
import { findPackage, type PackageFolder } from './package-folder.ts'
import { type Project, readManifest } from './project.ts'

/** A package that says in its package.json that it is a source. */
interface SourcePackage extends PackageFolder {
  readonly package: string
  readonly version: string
  /** What the manifest says under `tidemark.source`. */
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
  /** Where the package came far enough to say it. */
  readonly name: string | undefined
  readonly failure: Failure
}

/** What a project has installed. */
export interface Discovered {
  readonly sources: readonly InstalledSource[]
  readonly broken: readonly BrokenSource[]
  /** Dependencies that package.json lists and that are not there. */
  readonly absent: readonly string[]
}

/**
 * Finds the sources among a project's dependencies. Only manifests are read; a package is imported when its manifest
 * says that it is a source, and one that cannot be imported stands in the answer with its failure.
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

/** The file to import. @throws SyncError where the manifest points to none, or out of its package. */
function entryFile({ package: name, folder, entry, linked }: SourcePackage): string {
  if (typeof entry !== 'string') {
    throw new SyncError(
      `package "${name}" says "tidemark" in its package.json, but not which file: "tidemark": { "source": "./dist/index.js" }`,
      'fix-source',
      { code: 'source-package' },
    )
  }
  const file = resolve(folder, entry)
  if (!file.startsWith(folder + sep)) throw outside(name, entry)
  if (!existsSync(file)) {
    const hint = linked ? `build it first, in ${folder}` : 'install it again, or tell its author'
    throw new SyncError(
      `package "${name}" has no file ${entry}, which its package.json calls its source; ${hint}`,
      'fix-source',
      { code: 'source-package' },
    )
  }
  if (!realpathSync(file).startsWith(folder + sep)) throw outside(name, entry)
  return file
}

function outside(name: string, entry: string): SyncError {
  return new SyncError(
    `package "${name}" names ${entry} as its source, which is outside of the package; nothing was loaded`,
    'fix-source',
    { code: 'source-package' },
  )
}

/** @throws SyncError `upgrade` where the source was built for a contract that this runner does not speak. */
function checkContract(name: string, { contract, tables }: Source): void {
  const kinds = typeof tables === 'function' ? [] : tables.map((table): unknown => table.kind)
  if (!CONTRACTS.includes(contract)) {
    const newer = typeof contract === 'number' && contract > CONTRACT
    const way = newer ? 'install a newer @tidemark/runner' : `install a newer version of ${name}`
    throw new SyncError(
      `package "${name}" is built for contract ${contract}, this runner speaks ${CONTRACTS.join(', ')}; ${way}`,
      'upgrade',
      { code: 'contract' },
    )
  }
  const unknown = kinds.find((kind) => kind !== 'table')
  if (unknown !== undefined) {
    throw new SyncError(
      `package "${name}" has something of the kind "${String(unknown)}", which this runner does not know; install a newer @tidemark/runner`,
      'upgrade',
      { code: 'contract' },
    )
  }
}

/** A linked folder finds its peers from where it really is; there they are often missing. */
function peerProblem({ package: name, folder, linked, peers }: SourcePackage, error: unknown): SyncError | undefined {
  if ((error as { code?: unknown } | null)?.code !== 'ERR_MODULE_NOT_FOUND') return undefined
  const missing = /Cannot find package '([^']+)'/.exec(messageOf(error))?.[1]
  const peer = peers.find((one) => one === missing || missing?.startsWith(`${one}/`))
  if (peer === undefined) return undefined
  const way = linked
    ? `it is a linked folder and looks for it there: run "pnpm add --save-dev ${peer}" in ${folder}, or install the package as a file or a tarball instead of a link`
    : `add it to this project: "pnpm add ${peer}"`
  return new SyncError(`package "${name}" cannot find its peer "${peer}"; ${way}`, 'fix-config', {
    cause: error,
    code: 'peer',
  })
}

const IMPORT_LIMIT_MS = 30_000

/** The default export of a module of the user's or of a source's: the one place where foreign code comes in. */
export async function importDefault(file: string): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  // The timer also keeps the process alive: an import that waits for nothing would end it without a word.
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

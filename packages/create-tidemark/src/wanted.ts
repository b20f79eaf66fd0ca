/** What to create. */
export interface Wanted {
  readonly kind: 'source' | 'runner'
  /** For a source, its name in configs and tables; for a runner, the name of its folder. */
  readonly name: string
  readonly packageName: string
  readonly folder: string
  /** A source beside its neighbours in Tidemark's own repository. */
  readonly inRepository: boolean
  /** The licence of a source, as npm writes it. */
  readonly license: string
}

/** The licence of this repository, and of a package whose author was not asked: nobody gives away what he did not decide. */
const OURS = 'MIT'
export const NO_LICENSE = 'UNLICENSED'
const LICENSE = /^[A-Za-z0-9][A-Za-z0-9.+() -]*$/

const SOURCE_NAME = /^[a-z][a-z0-9_]*$/
const PACKAGE_NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/

/** @throws with the way out, if the arguments do not name a package to create. */
export function wantedFrom(
  kind: string | undefined,
  given: string | undefined,
  { inRepository = false, license = NO_LICENSE }: { readonly inRepository?: boolean; readonly license?: string } = {},
): Wanted {
  if (kind !== 'source' && kind !== 'runner')
    throw new Error(
      `choose what to create: source or runner, then its name${kind === undefined ? '' : `; "${kind}" is neither`}`,
    )
  if (given === undefined) throw new Error(`give the ${kind} a name: ${kind} <name>`)
  if (kind === 'runner') {
    if (inRepository)
      throw new Error('the runner of this repository is apps/runner; create a source: pnpm new source <name>')
    if (!PACKAGE_NAME.test(given))
      throw new Error(`"${given}" is not a valid package name: use lower case letters, digits, "-" and "_"`)
    return {
      kind,
      name: folderOf(given),
      packageName: given,
      folder: folderOf(given),
      inRepository,
      license: NO_LICENSE,
    }
  }
  // `acme`, `source-acme`, `tidemark-source-acme` and `@team/source-acme` are all the source acme.
  const name = (given.split('/').at(-1) ?? given).replace(/^(?:tidemark-)?(?:source-)?/, '').replaceAll('-', '_')
  if (!SOURCE_NAME.test(name) || !PACKAGE_NAME.test(given))
    throw new Error(
      `"${given}" is not a valid source name: use lower case letters, digits and "_", starting with a letter, such as "acme" or "@team/source-acme"`,
    )
  if (!LICENSE.test(license))
    throw new Error(`"${license}" is not a licence as npm writes it, such as "MIT", "Apache-2.0" or "UNLICENSED"`)
  const dashed = name.replaceAll('_', '-')
  const shown = `source-${dashed}`
  if (inRepository)
    return { kind, name, packageName: `@tidemark/${shown}`, folder: `packages/${shown}`, inRepository, license: OURS }
  const packageName = given.includes('/') || given.startsWith('tidemark-') ? given : `tidemark-${shown}`
  return { kind, name, packageName, folder: folderOf(packageName), inRepository, license }
}

function folderOf(packageName: string): string {
  return packageName.split('/').at(-1) ?? packageName
}

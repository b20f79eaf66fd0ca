import { SyncError, suggestion } from '@tidemark/core'
import type { Masker } from '@tidemark/core/engine'
import { type ConfiguredSource, type Failure, failureOf } from '@tidemark/engine'
import { problemLines, unknownKeys } from './config-problems.ts'
import type { UseConfig } from './config-schema.ts'
import type { Discovered, InstalledSource } from './discover.ts'
import { configError, type LoadedConfig } from './load-config.ts'
import { secretsIn } from './secrets.ts'

/** A use that is configured, or would be, and cannot run. */
export interface Unavailable {
  readonly name: string
  readonly failure: Failure
}

/** An installed source that needs something before it can be used. */
export interface Unconfigured {
  readonly name: string
  readonly package: string
  /** What to write, a line each. */
  readonly missing: readonly string[]
}

/** What the config and the installed sources come to. */
export interface ConfiguredSources {
  readonly sources: readonly (ConfiguredSource & { readonly from: InstalledSource })[]
  readonly unavailable: readonly Unavailable[]
  readonly unconfigured: readonly Unconfigured[]
  /** Things worth a word that stop nothing. */
  readonly notes: readonly string[]
}

interface Wanted {
  readonly name: string
  readonly from: InstalledSource
  readonly entry: UseConfig
  /** Written in the config; otherwise used because it is installed. */
  readonly written: boolean
}

/**
 * Puts the config and the installed sources together. It reports every problem of the config at once; a package that
 * could not be loaded is not a problem of the config and takes only its own uses along.
 */
export async function configuredSources(
  config: LoadedConfig,
  discovered: Discovered,
  secrets: Masker,
): Promise<ConfiguredSources> {
  const { written, unavailable, problems, notes } = writtenUses(config, discovered)
  const installed = installedUses(config, discovered, written)
  problems.push(...installed.problems)
  const sources: (ConfiguredSource & { from: InstalledSource })[] = []
  const unconfigured = [...installed.unconfigured]
  for (const wanted of [...written, ...installed.wanted]) {
    const outcome = await configure(inNamespace(wanted, config.data.namespace), secrets)
    if ('source' in outcome) sources.push(outcome.source)
    else if ('failure' in outcome) unavailable.push({ name: wanted.name, failure: outcome.failure })
    else if (wanted.written) problems.push(...outcome.problems)
    else unconfigured.push({ name: wanted.name, package: wanted.from.package, missing: outcome.problems })
  }
  if (problems.length > 0) throw configError(config.file, problems)
  for (const one of discovered.broken) {
    const name = one.name ?? guessName(one.package)
    if (!unavailable.some((other) => other.failure === one.failure)) unavailable.push({ name, failure: one.failure })
  }
  return { sources, unavailable, unconfigured, notes }
}

/** In a database that several projects use, the tables of one begin with its namespace. */
function inNamespace(wanted: Wanted, namespace: string | undefined): Wanted {
  if (namespace === undefined) return wanted
  return { ...wanted, entry: { ...wanted.entry, prefix: `${namespace}_${wanted.entry.prefix ?? wanted.name}` } }
}

function writtenUses({ data }: LoadedConfig, discovered: Discovered) {
  const written: Wanted[] = []
  const unavailable: Unavailable[] = []
  const problems: string[] = []
  const notes: string[] = []
  for (const [name, entry] of Object.entries(data.sources ?? {})) {
    const wanted = entry === false ? name : (entry.source ?? name)
    const fitting = sourcesOf(discovered, wanted)
    const broken = brokenFor(discovered, wanted)
    if (entry === false) {
      if (fitting.length === 0 && broken === undefined)
        notes.push(`sources.${name}: switches off a source that is not installed`)
    } else if (fitting.length === 1) written.push({ name, from: fitting[0]!, entry, written: true })
    else if (fitting.length > 1) problems.push(`sources.${name}: ${ambiguity(wanted, fitting)}`)
    else if (broken !== undefined) unavailable.push({ name, failure: broken })
    else problems.push(`sources.${name}: ${notInstalled(wanted, discovered)}`)
  }
  return { written, unavailable, problems, notes }
}

/** Sources that are installed and not mentioned: each is used under its own name. */
function installedUses({ data }: LoadedConfig, discovered: Discovered, written: readonly Wanted[]) {
  const off = Object.entries(data.sources ?? {}).flatMap(([name, entry]) => (entry === false ? [name] : []))
  const mentioned = new Set(written.map((one) => one.from))
  const left = discovered.sources.filter(
    (one) => !mentioned.has(one) && !off.includes(one.source.name) && !off.includes(one.package),
  )
  const wanted: Wanted[] = []
  const unconfigured: Unconfigured[] = []
  const problems: string[] = []
  for (const [name, sources] of Map.groupBy(left, (one) => one.source.name)) {
    const taken = Object.hasOwn(data.sources ?? {}, name)
    if (taken) {
      const missing = (one: InstalledSource) =>
        `a name of its own, because "${name}" is taken: sources: { ${name}_2: { source: '${one.package}' } }`
      unconfigured.push(...sources.map((one) => ({ name, package: one.package, missing: [missing(one)] })))
    } else if (sources.length > 1) problems.push(`sources: ${ambiguity(name, sources)}`)
    else wanted.push({ name, from: sources[0]!, entry: {}, written: false })
  }
  return { wanted, unconfigured, problems }
}

function sourcesOf({ sources }: Discovered, wanted: string): readonly InstalledSource[] {
  const byPackage = sources.filter((one) => one.package === wanted)
  return byPackage.length > 0 ? byPackage : sources.filter((one) => one.source.name === wanted)
}

/** A package that could not be loaded cannot say its name, so a name that no other has may be its. */
function brokenFor({ broken }: Discovered, wanted: string): Failure | undefined {
  const sure = broken.find((one) => one.package === wanted || one.name === wanted || guessName(one.package) === wanted)
  if (sure !== undefined) return sure.failure
  const maybe = broken.find((one) => one.name === undefined)
  if (maybe === undefined) return undefined
  const message = `no package that could be loaded provides the source "${wanted}"; package "${maybe.package}" could not be loaded and may be the one`
  return { ...maybe.failure, message }
}

/** What a source is most likely called, by its package: `@acme/source-crm` → `crm`. */
function guessName(name: string): string {
  return name
    .replace(/^@[^/]+\//, '')
    .replace(/^(tidemark-)?(source-)?/, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
}

function ambiguity(name: string, sources: readonly InstalledSource[]): string {
  const packages = sources.map((one) => one.package)
  const keys = packages.map((one, index) => `${name}${index === 0 ? '' : `_${index + 1}`}: { source: '${one}' }`)
  return `the packages ${packages.join(' and ')} both bring a source "${name}"; give each a name, as in sources: { ${keys.join(', ')} }`
}

function notInstalled(wanted: string, { sources, absent }: Discovered): string {
  if (absent.includes(wanted))
    return `the package ${wanted} stands in package.json and is not installed; run "pnpm install"`
  const isPackage = wanted.includes('/')
  const known = sources.map((one) => (isPackage ? one.package : one.source.name))
  const add = isPackage ? `pnpm add ${wanted}` : `pnpm add @tidemark/source-${wanted}, or what its package is called`
  return `no source "${wanted}" is installed (to install it: ${add}); ${suggestion(wanted, [...new Set(known)], isPackage ? 'installed packages' : 'installed sources')}`
}

type Outcome =
  | { readonly source: ConfiguredSource & { readonly from: InstalledSource } }
  | { readonly failure: Failure }
  | { readonly problems: readonly string[] }

async function configure({ name, from, entry }: Wanted, secrets: Masker): Promise<Outcome> {
  const { source: _, config: given, ...options } = entry
  const { source } = from
  const value = given ?? {}
  const path = `sources.${name}.config`
  // Before anything can fail and be reported.
  secrets.add(secretsIn(source.config, value))
  if (source.config === undefined) {
    const keys = Object.keys(value)
    if (keys.length > 0)
      return { problems: [`${path}: source "${source.name}" takes no config, but there is ${keys.join(', ')}`] }
    return { source: { name, source, config: {}, options, from } }
  }
  try {
    const unknown = unknownKeys(source.config, value, path)
    const parsed = await source.config.safeParseAsync(value)
    if (!parsed.success || unknown.length > 0)
      return { problems: [...unknown, ...problemLines(parsed.error?.issues ?? [], value, path)] }
    secrets.add(secretsIn(source.config, parsed.data))
    return { source: { name, source, config: parsed.data, options, from } }
  } catch (error) {
    if (SyncError.is(error) && error.remedy === 'fix-config') return { problems: [`${path}: ${error.message}`] }
    return { failure: failureOf(error) }
  }
}

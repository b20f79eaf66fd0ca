import { SyncError, suggestion } from '@tidemark/core'
import type { Masker } from '@tidemark/core/engine'
import { type ConfiguredSource, type Failure, failureOf, parseConfig } from '@tidemark/engine'
import type { UseConfig } from './config-schema.ts'
import type { Discovered, InstalledSource } from './discover.ts'
import { configError, type LoadedConfig } from './load-config.ts'
import { secretsIn } from './secrets.ts'

/** A configured source, or one that would be, that cannot run. */
export interface Unavailable {
  readonly name: string
  readonly failure: Failure
}

/** An installed source that needs configuration before it can run. */
export interface Unconfigured {
  readonly name: string
  readonly package: string
  /** The settings to add, one line each. */
  readonly missing: readonly string[]
}

/** The config combined with the installed sources. */
export interface ConfiguredSources {
  readonly sources: readonly (ConfiguredSource & { readonly from: InstalledSource })[]
  readonly unavailable: readonly Unavailable[]
  readonly unconfigured: readonly Unconfigured[]
  /** Notes about things that are not errors. */
  readonly notes: readonly string[]
}

interface Wanted {
  readonly name: string
  readonly from: InstalledSource
  readonly entry: UseConfig
  /** Whether the config names it; otherwise it runs because it is installed. */
  readonly written: boolean
}

/**
 * Combines the config with the installed sources. It reports every problem of the config at once; a package that
 * cannot be loaded is not a problem of the config and disables only its own configured sources.
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

/** In a database that several projects share, the table names of each begin with its namespace. */
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
        notes.push(`sources.${name}: turns off a source that is not installed`)
    } else if (fitting.length === 1) written.push({ name, from: fitting[0]!, entry, written: true })
    else if (fitting.length > 1) problems.push(`sources.${name}: ${ambiguity(wanted, fitting)}`)
    else if (broken !== undefined) unavailable.push({ name, failure: broken })
    else problems.push(`sources.${name}: ${notInstalled(wanted, discovered)}`)
  }
  return { written, unavailable, problems, notes }
}

/** Installed sources that the config does not mention: each runs under its own name. */
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
        `a different name, because "${name}" is taken: sources: { ${name}_2: { source: '${one.package}' } }`
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

/** The source name of a package that could not be loaded is unknown, so an unmatched name may be its. */
function brokenFor({ broken }: Discovered, wanted: string): Failure | undefined {
  const sure = broken.find((one) => one.package === wanted || one.name === wanted || guessName(one.package) === wanted)
  if (sure !== undefined) return sure.failure
  const maybe = broken.find((one) => one.name === undefined)
  if (maybe === undefined) return undefined
  const message = `no loaded package provides the source "${wanted}"; package "${maybe.package}", which could not be loaded, may provide it`
  return { ...maybe.failure, message }
}

/** The most likely name of a source, from its package: `@acme/source-crm` → `crm`. */
function guessName(name: string): string {
  return name
    .replace(/^@[^/]+\//, '')
    .replace(/^(tidemark-)?(source-)?/, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
}

function ambiguity(name: string, sources: readonly InstalledSource[]): string {
  const packages = sources.map((one) => one.package)
  const keys = packages.map((one, index) => `${name}${index === 0 ? '' : `_${index + 1}`}: { source: '${one}' }`)
  return `the packages ${packages.join(' and ')} both provide a source "${name}"; give each its own name: sources: { ${keys.join(', ')} }`
}

function notInstalled(wanted: string, { sources, absent }: Discovered): string {
  if (absent.includes(wanted))
    return `the package ${wanted} is listed in package.json but not installed; run "pnpm install"`
  const isPackage = wanted.includes('/')
  const known = sources.map((one) => (isPackage ? one.package : one.source.name))
  const add = isPackage
    ? `pnpm add ${wanted}`
    : `pnpm add @tidemark/source-${wanted}, or the actual name of its package`
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
  try {
    const parsed = await parseConfig(source, value, path)
    if ('problems' in parsed) return parsed
    secrets.add(secretsIn(source.config, parsed.config))
    return { source: { name, source, config: value, options, from } }
  } catch (error) {
    if (SyncError.is(error) && error.remedy === 'fix-config') return { problems: [`${path}: ${error.message}`] }
    return { failure: failureOf(error) }
  }
}

import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'
import { parseConfig } from '@tidemark/engine'
import { type Origins, sourceSettings, writtenSettings } from './config-settings.ts'
import type { ConfigDocument, ConfigSource } from './config-view.ts'
import { type ConfiguredSources, configuredSources } from './configured-sources.ts'
import { type Discovered, discover, type InstalledSource } from './discover.ts'
import { demand, findConfig, type LoadedConfig, loadConfig, loadDotEnv } from './load-config.ts'
import { notifySecrets } from './notify/notify-config.ts'
import { findProject } from './project.ts'
import { passwordsIn, secretsIn } from './secrets.ts'
import type { Call } from './session.ts'
import { configSnippet } from './show/config-snippet.ts'
import { configuredPlace } from './target.ts'

/** Reads the config and the installed packages. @throws SyncError where there is no project. */
export async function configDocument({ flags, cwd, environment, secrets }: Call): Promise<ConfigDocument> {
  const project = findProject(cwd, flags.project)
  const ofDotEnv = loadDotEnv(project.folder, environment)
  secrets.add([...passwordsIn(environment['DATABASE_URL']), environment['PGPASSWORD'] ?? ''])
  const problems: string[] = []
  const place = { folder: project.folder, asked: flags.config, cwd, environment }
  const config = await attempt(() => loadConfig(place), problems)
  if (config !== undefined) await attempt(() => demand(config, () => true), problems)
  secrets.add([...passwordsIn(config?.data.destination), ...notifySecrets(config?.data.notify)])
  const file = config?.file ?? flags.config ?? (await attempt(() => findConfig(project.folder), [])) ?? null
  const discovered = await discover(project)
  const configured =
    config === undefined ? undefined : await attempt(() => configuredSources(config, discovered, secrets), problems)
  process.chdir(project.folder)
  const destination =
    config === undefined
      ? undefined
      : await attempt(() => configuredPlace(config.data.destination, environment).shown, problems)
  const origins: Origins = {
    ...{ written: config?.written, text: file === null ? '' : textOf(file), ofDotEnv },
    secrets: secretValues(config, configured),
    redact: secrets.redact,
  }
  return {
    project: project.folder,
    file,
    problem: problems.length === 0 ? null : problems.join('\n'),
    destination: destination ?? null,
    settings: config === undefined ? [] : writtenSettings(config.data, origins),
    sources: await sourcesOf({ config, discovered, configured, origins, file }),
  }
}

async function attempt<T>(work: () => T | Promise<T>, problems: string[]): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!SyncError.is(error)) throw error
    problems.push(messageOf(error))
    return undefined
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function secretValues(
  config: LoadedConfig | undefined,
  configured: ConfiguredSources | undefined,
): ReadonlySet<string> {
  const own = configured?.sources.flatMap(({ source, config: given }) => secretsIn(source.config, given)) ?? []
  return new Set([...own, ...notifySecrets(config?.data.notify)])
}

interface Known {
  readonly config: LoadedConfig | undefined
  readonly discovered: Discovered
  readonly configured: ConfiguredSources | undefined
  readonly origins: Origins
  readonly file: string | null
}

async function sourcesOf({ config, discovered, configured, origins, file }: Known): Promise<readonly ConfigSource[]> {
  const snippetOf = (one: InstalledSource, name: string): string =>
    configSnippet(one.source, {
      ...{ name, package: one.package, hasFile: file !== null },
      isJson: file !== null && extname(file) === '.json',
    })
  const about = (one: InstalledSource, name: string) => ({
    ...{ name, package: one.package, version: one.version, snippet: snippetOf(one, name) },
  })
  const sources: ConfigSource[] = []
  for (const { name, source, config: given, from } of configured?.sources ?? []) {
    const path = `sources.${name}.config`
    const parsed = await parseConfig(source, given, path)
    const settings = 'config' in parsed ? sourceSettings(path, given, parsed.config, origins) : []
    sources.push({ ...about(from, name), state: 'configured', problems: [], settings })
  }
  const used = new Set(configured?.sources.map(({ from }) => from))
  const rest = discovered.sources
    .filter((one) => !used.has(one))
    .map((one): ConfigSource => {
      const { name } = one.source
      const missing = configured?.unconfigured.find((other) => other.package === one.package)?.missing
      const isOff = config?.data.sources?.[name] === false || config?.data.sources?.[one.package] === false
      const state = missing !== undefined ? 'incomplete' : isOff ? 'off' : 'unchecked'
      return { ...about(one, name), state, problems: missing ?? [], settings: [] }
    })
  const broken = discovered.broken.map(
    (one): ConfigSource => ({
      ...{ name: one.name ?? one.package, package: one.package, version: one.version, state: 'broken' },
      ...{ problems: [one.failure.message], settings: [], snippet: null },
    }),
  )
  return [...sources, ...rest, ...broken]
}

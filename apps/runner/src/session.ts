import { join } from 'node:path'
import { SyncError } from '@tidemark/core'
import type {
  CommandText,
  Destination,
  Project as Identity,
  Masker,
  ReadOnlyDestination,
  State,
} from '@tidemark/core/engine'
import { openDestination, openReader } from '@tidemark/destination'
import type { LookOptions } from '@tidemark/engine'
import { type ConfiguredSources, configuredSources } from './configured-sources.ts'
import { discover } from './discover.ts'
import type { Interrupts } from './interrupts.ts'
import { configError, demand, type LoadedConfig, loadConfig, loadDotEnv } from './load-config.ts'
import type { ProcessLog } from './log.ts'
import { notifySecrets } from './notify/notify-config.ts'
import { findProject, type Project } from './project.ts'
import { projectIdentity } from './project-identity.ts'
import { secretFile } from './secret-file.ts'
import { passwordsIn } from './secrets.ts'
import { settingsFrom } from './settings.ts'
import { commandFor } from './show/command.ts'
import { askedPlace, configuredPlace, resolveDatabase, type Target } from './target.ts'
import type { Terminal } from './terminal.ts'

/** The options that every verb takes. */
export interface Flags {
  readonly project?: string | undefined
  readonly config?: string | undefined
  readonly destination?: string | undefined
  readonly json?: boolean | undefined
  readonly verbose?: boolean | undefined
  /** True: without a form, which only "runs" has a meaning for. */
  readonly log?: 'pretty' | 'json' | true | undefined
}

/** The arguments of a verb. */
export interface Call {
  readonly flags: Flags
  readonly cwd: string
  readonly environment: NodeJS.ProcessEnv
  readonly terminal: Terminal
  readonly log: ProcessLog
  readonly secrets: Masker
  readonly interrupts: Interrupts
}

/** A call with its project, config and database. */
export interface Session extends Call {
  readonly project: Project
  readonly config: LoadedConfig
  readonly target: Target
  /** The identity of this project, in a database that other projects may share. */
  readonly identity: Identity
  /** The command line for a verb, from the folder where this one was called. */
  readonly command: CommandText
}

/** Finds project, config and database. Creates nothing. */
export async function openSession(call: Call): Promise<Session> {
  const { flags, cwd, environment, secrets } = call
  const project = findProject(cwd, flags.project)
  loadDotEnv(project.folder, environment)
  // Before anything can fail and be reported.
  secrets.add([...passwordsIn(environment['DATABASE_URL']), environment['PGPASSWORD'] ?? ''])
  const config = await loadConfig({ folder: project.folder, asked: flags.config, cwd, environment })
  if (flags.destination === undefined) demand(config, (path) => path === 'destination')
  secrets.add([...passwordsIn(config.data.destination), ...notifySecrets(config.data.notify)])
  const asked = flags.destination === undefined ? undefined : askedPlace(flags.destination)
  // Sources resolve relative paths against the working directory, and their config is in the project.
  process.chdir(project.folder)
  const target = await resolveDatabase(asked ?? configuredPlace(config.data.destination, environment))
  const identity = projectIdentity(project, config.data.namespace)
  const command = commandFor({ cwd, project: project.folder, flags, environment })
  return { ...call, project, config, target, identity, command }
}

/** Discovers the installed sources and combines them with the config. */
export async function findSources(session: Session): Promise<ConfiguredSources> {
  const { config, project, secrets, log, terminal } = session
  demand(config, () => true)
  const discovered = await discover(project)
  for (const name of discovered.absent)
    log.warn(`the dependency ${name} is not installed; run "pnpm install"`, { event: 'dependency-missing' })
  const sources = await configuredSources(config, discovered, secrets)
  for (const note of sources.notes) log.warn(note, { event: 'config-note' })
  for (const { name, package: from, missing } of sources.unconfigured) {
    terminal.say(
      `${name} (${from}) is installed but not configured:\n${missing.map((line) => `  ${line}`).join('\n')}`,
      {
        event: 'source-unconfigured',
        source: name,
      },
    )
  }
  for (const { name, from } of sources.sources)
    log.debug(`${name} is ${from.package}@${from.version}, from ${from.folder}`, {
      event: 'source-loaded',
      source: name,
    })
  return sources
}

/** Opens the database, creates it if it is missing, migrates its state to this version, does the work, and closes it. */
export function withDestination<T>(session: Session, work: (destination: Destination) => Promise<T>): Promise<T> {
  return working(session, openWriter(session, session.target.url), work)
}

/** Opens the database read-only; if it is missing, uses an empty one in memory. */
export function withReader<T>(session: Session, work: (destination: ReadOnlyDestination) => Promise<T>): Promise<T> {
  const { exists, url } = session.target
  return working(
    session,
    exists ? openReader({ url, project: session.identity }) : openWriter(session, ':memory:'),
    work,
  )
}

function openWriter({ log, identity }: Session, url: string): Promise<Destination> {
  return openDestination({ url, log, project: identity })
}

async function working<D extends ReadOnlyDestination, T>(
  session: Session,
  opening: Promise<D>,
  work: (destination: D) => Promise<T>,
): Promise<T> {
  const destination = await opening
  try {
    return await work(destination)
  } catch (error) {
    throw placed(error, session)
  } finally {
    await destination.close()
  }
}

/** The engine knows a path in the config, but not the file. */
function placed(error: unknown, { config }: Session): unknown {
  const isPlace = SyncError.is(error) && error.code === 'config' && error.message.startsWith('sources.')
  return isPlace && config.file !== undefined ? configError(config.file, [error.message]) : error
}

/** The engine options for these configured sources. */
export function runOptions<D extends ReadOnlyDestination>(
  session: Session,
  { sources, unavailable, unconfigured }: ConfiguredSources,
  destination: D,
  state: State,
): LookOptions & { readonly destination: D } {
  const { config, interrupts, log, secrets, project } = session
  return {
    sources,
    unavailable: [...unavailable, ...lost({ sources, unavailable, unconfigured }, state)],
    destination,
    settings: settingsFrom(config.data),
    signal: interrupts.signal,
    log,
    redact: secrets.redact,
    secretsOf: secretFile({
      path: join(project.folder, 'data', 'secrets.json'),
      onSecret: (secret) => secrets.add([secret]),
      signal: interrupts.signal,
    }),
  }
}

/**
 * Configured sources in the state that are missing although nobody removed them: their source lost its config, or belongs
 * to a package that failed to load. Their tables do not count as removed.
 */
function lost(
  { sources, unavailable, unconfigured }: Omit<ConfiguredSources, 'notes'>,
  state: State,
): ConfiguredSources['unavailable'] {
  const present = new Set([...sources, ...unavailable].map((one) => one.name))
  const known = new Set(
    [...state.tables.values()].filter((table) => table.status !== 'removed').map((table) => table.source),
  )
  const gone = [...known].filter((name) => !present.has(name))
  const nameless = unavailable.find((one) => !known.has(one.name))
  return gone.flatMap((name) => {
    const now = unconfigured.find((one) => one.name === name)
    if (now !== undefined) {
      const message = `source "${name}" has lost its config: ${now.missing.join('; ')}`
      return [
        {
          name,
          failure: {
            message,
            remedy: 'fix-config' as const,
            code: undefined,
            retryAfterMs: undefined,
            stack: undefined,
          },
        },
      ]
    }
    return nameless === undefined ? [] : [{ name, failure: nameless.failure }]
  })
}

/** @throws SyncError if there is no database yet, for read-only verbs. */
export function needDatabase({ target, command }: Session): void {
  if (!target.exists)
    throw new SyncError(
      `there is no database yet (${target.shown}); the first sync creates it: ${command('sync')}`,
      'fix-config',
      { code: 'no-database' },
    )
}

import { existsSync, readFileSync } from 'node:fs'
import { extname, isAbsolute, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'
import { problemLines, unknownKeys } from '@tidemark/engine'
import { configLine } from './config-line.ts'
import { type ConfigData, ConfigSchema } from './config-schema.ts'
import { importDefault } from './discover.ts'
import { type MissingVariable, readReferences, resolvePlaceholders } from './placeholders.ts'

/** A config that was read and validated. */
export interface LoadedConfig {
  /** Undefined if there is no file: every setting has its default. */
  readonly file: string | undefined
  readonly data: ConfigData
  /** As it was written, with the placeholders of its variables. */
  readonly written: unknown
  /** Variables that the config uses but that are not set; code that needs one calls `demand`. */
  readonly missing: readonly MissingVariable[]
}

/** The possible file names of a config. */
export const CONFIG_NAMES = ['ts', 'mts', 'js', 'mjs', 'json'].map((ending) => `tidemark.config.${ending}`)

/** Adds the variables of `.env` in the project folder to the environment, without overriding any. @returns those that it added. */
export function loadDotEnv(folder: string, environment: NodeJS.ProcessEnv): ReadonlySet<string> {
  const file = join(folder, '.env')
  const added = new Set<string>()
  if (!existsSync(file)) return added
  try {
    for (const [name, value] of Object.entries(parseEnv(readFileSync(file, 'utf8')))) {
      if (environment[name] !== undefined) continue
      environment[name] = value
      added.add(name)
    }
    return added
  } catch (cause) {
    throw new SyncError(`${file} cannot be read: ${messageOf(cause)}`, 'fix-config', { cause, code: 'config' })
  }
}

export interface ConfigPlace {
  readonly folder: string
  /** The value of `--config`, relative to the working directory. */
  readonly asked: string | undefined
  readonly cwd: string
  readonly environment: NodeJS.ProcessEnv
}

/** Finds, reads and validates the config. @throws SyncError `fix-config` with every problem, each with its path. */
export async function loadConfig({ folder, asked, cwd, environment }: ConfigPlace): Promise<LoadedConfig> {
  const file = asked === undefined ? findConfig(folder) : askedConfig(cwd, asked)
  if (file === undefined) return { file, data: {}, written: {}, missing: [] }
  const written = await readConfig(file)
  const { value, missing } = resolvePlaceholders(written, environment)
  const problems = unknownKeys(ConfigSchema, value, '')
  const parsed = ConfigSchema.safeParse(value)
  if (parsed.success && problems.length === 0) return { file, data: consistent(file, parsed.data), written, missing }
  throw configError(file, [...problems, ...(parsed.success ? [] : problemLines(parsed.error.issues, value, ''))])
}

export function findConfig(folder: string): string | undefined {
  const [file, second] = CONFIG_NAMES.map((name) => join(folder, name)).filter((one) => existsSync(one))
  if (second !== undefined)
    throw new SyncError(
      `there are two config files, ${file} and ${second}; keep one, or choose one with --config`,
      'fix-config',
      { code: 'config' },
    )
  return file
}

function askedConfig(cwd: string, asked: string): string {
  const file = isAbsolute(asked) ? asked : resolve(cwd, asked)
  if (!existsSync(file))
    throw new SyncError(`--config ${asked}: ${file} does not exist; correct the path`, 'fix-config', { code: 'config' })
  return file
}

async function readConfig(file: string): Promise<unknown> {
  const value = extname(file) === '.json' ? readReferences(readJson(file)) : await importConfig(file)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  const way =
    extname(file) === '.json' ? 'it must hold one object' : 'it must end in: export default defineConfig({ … })'
  throw new SyncError(`${file} is not a config; ${way}`, 'fix-config', { code: 'config' })
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new SyncError(`${file} is not valid JSON: ${messageOf(cause)}`, 'fix-config', { cause, code: 'config' })
  }
}

async function importConfig(file: string): Promise<unknown> {
  try {
    return await importDefault(file)
  } catch (cause) {
    const place = cause instanceof Error ? placeIn(file, cause) : ''
    throw new SyncError(`${file}${place} cannot be loaded: ${messageOf(cause)}${wayOut(cause)}`, 'fix-config', {
      cause,
      code: 'config',
    })
  }
}

/** `npm init` creates projects whose files are not ES modules by default. */
function wayOut(cause: unknown): string {
  if (!(cause instanceof SyntaxError && /outside a module|Unexpected token 'export'/.test(cause.message))) return ''
  return '; run "npm pkg set type=module" in the project, or rename the file to tidemark.config.mts'
}

/** `:12` from the first stack frame in the file. */
function placeIn(file: string, { stack = '' }: Error): string {
  const line = stack.split('\n').find((one) => one.includes(file))
  return line === undefined ? '' : (/:\d+(?=:\d+\)?$|$)/.exec(line)?.[0] ?? '')
}

function consistent(file: string, data: ConfigData): ConfigData {
  if (data.synced_tables !== undefined && data.to_timestamp === undefined) {
    throw configError(file, [
      'to_timestamp: is missing; set it to the time up to which the tables of synced_tables are synced',
    ])
  }
  if (data.to_timestamp !== undefined && data.synced_tables === undefined) {
    throw configError(file, ['synced_tables: is missing; set it to the tables that are synced up to to_timestamp'])
  }
  return data
}

/** @param problems each begins with its path: `sources.git.every: …`. */
export function configError(file: string | undefined, problems: readonly string[]): SyncError {
  const where = file ?? 'the config'
  const text = file === undefined ? '' : textOf(file)
  const lines = problems.map((one) => configLine(text, one.slice(0, one.indexOf(': '))))
  const message =
    problems.length === 1
      ? `${where}${lines[0] === undefined ? '' : `:${lines[0]}`}: ${problems[0]}`
      : `${where} has ${problems.length} problems:\n${problems.map((one, at) => `  ${lines[at] === undefined ? '' : `line ${lines[at]}: `}${one}`).join('\n')}`
  return new SyncError(message, 'fix-config', { code: 'config' })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** @throws SyncError if a variable that is needed now is not set. */
export function demand({ file, missing }: LoadedConfig, needed: (path: string) => boolean): void {
  const lines = missing
    .filter(({ path }) => needed(path))
    .map(
      ({ name, path }) =>
        `${path}: the environment variable ${name} is not set; set it, or write it into .env in the project folder`,
    )
  if (lines.length > 0) throw configError(file, lines)
}

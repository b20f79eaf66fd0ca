import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { packageIn, requirementsIn } from '@tidemark/child-process'
import { SyncError } from '@tidemark/core'
import type { FivetranConfig } from './config.ts'

/** A connector as it is on the disk, with what the config says of it. */
export interface ConnectorFolder {
  readonly path: string
  /** What messages call it. */
  readonly subject: string
  /** What its functions get: texts alone, as Fivetran stores them. */
  readonly configuration: Readonly<Record<string, string>>
  /** Texts that no message shows. */
  readonly secrets: readonly string[]
  /** The packages it needs. */
  readonly requirements: readonly string[]
}

/** Reads the folder of a connector. @throws SyncError `fix-config` that says what is wrong with it. */
export async function connectorFolder(config: FivetranConfig): Promise<ConnectorFolder> {
  const path = resolve(config.connector)
  const subject = `connector "${config.connector}"`
  const code = await textOf(join(path, 'connector.py'))
  if (code === undefined)
    throw new SyncError(
      `config.connector: ${path} has no connector.py; correct the path (it is relative to the working directory)`,
      'fix-config',
      { code: 'no-connector' },
    )
  const own = await configurationIn(join(path, 'configuration.json'))
  const plain = textsOf({ ...own, ...config.configuration })
  const secrets = [...Object.values(config.secrets), ...Object.entries(plain).flatMap(secretIn)]
  const configuration = { ...plain, ...config.secrets }
  return { path, subject, configuration, secrets, requirements: await requirementsOf(path) }
}

const LOOKS_SECRET =
  /pass(?:word|wd|phrase|code|key)?|pwd|secret|token|credential|api_?key|access_?key|private|auth|cert/i

/** What a configuration has under a name that says so. */
function secretIn([name, value]: readonly [string, string]): readonly string[] {
  return LOOKS_SECRET.test(name) ? [value] : []
}

async function configurationIn(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await textOf(path)
  if (text === undefined || text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Not the parser's message: it quotes the text.
  }
  throw new SyncError(
    `${path} is not a JSON object; correct it, or remove it and use config.configuration`,
    'fix-config',
  )
}

function textsOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return Object.fromEntries(texts) as Record<string, string>
}

/** Fivetran's own module is ours; it has `requests` whether or not a connector says so. */
async function requirementsOf(path: string): Promise<readonly string[]> {
  const name = 'requirements.txt'
  const lines = (await textOf(join(path, name))) === undefined ? await projectOf(path) : await readLines(path, name)
  const others = lines.filter((line) => !/^fivetran-connector-sdk(?:-|$)/.test(packageIn(line) ?? ''))
  const hasRequests = others.some((line) => packageIn(line) === 'requests')
  return hasRequests || !(await importsRequests(path)) ? others : [...others, 'requests']
}

async function readLines(path: string, name: string): Promise<readonly string[]> {
  try {
    return await requirementsIn(path, name)
  } catch (cause) {
    throw new SyncError(`${join(path, name)} cannot be read: ${(cause as Error).message}`, 'fix-config', { cause })
  }
}

/** The dependencies in a `pyproject.toml`: a list of texts, which needs no parser of the rest. */
async function projectOf(path: string): Promise<readonly string[]> {
  const lines = ((await textOf(join(path, 'pyproject.toml'))) ?? '').split(/\r?\n/)
  const from = lines.findIndex((line) => /^\s*\[project\]\s*(?:#.*)?$/.test(line)) + 1
  if (from === 0) return []
  const to = lines.findIndex((line, at) => at >= from && /^\s*\[[\w.-]+\]\s*(?:#.*)?$/.test(line))
  const section = lines.slice(from, to === -1 ? undefined : to)
  const first = section.findIndex((line) => /^\s*dependencies\s*=\s*\[/.test(line))
  const found: string[] = []
  for (const line of first === -1 ? [] : section.slice(first)) {
    for (const [, double, single] of line.matchAll(/"([^"]*)"|'([^']*)'|#.*/g)) found.push(double ?? single ?? '')
    // An extra, as in "a[b]", stands in quotes.
    if (/\]/.test(line.replace(/"[^"]*"|'[^']*'|#.*/g, ''))) break
  }
  return found.filter((one) => one !== '')
}

async function importsRequests(path: string): Promise<boolean> {
  for (const name of globSync('**/*.py', { cwd: path, exclude: ['**/{venv,.venv,node_modules,site-packages}/**'] })) {
    if (/^\s*(?:import|from)\s+requests\b/m.test((await textOf(join(path, name))) ?? '')) return true
  }
  return false
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(String((cause as NodeJS.ErrnoException).code))) return undefined
    throw new SyncError(`${path} cannot be read: ${(cause as Error).message}`, 'fix-config', { cause })
  }
}

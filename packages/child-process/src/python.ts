import { SyncError } from '@tidemark/core'
import { outputOf } from './program-output.ts'

/** A Python that can run. */
export interface Python {
  /** Its path. */
  readonly path: string
  /** `3.12.1`. */
  readonly version: string
  /** What packages for it are built for: `cpython-312-x86_64-linux-gnu`. */
  readonly kind: string
  /** The setting that names another one. */
  readonly setting: string
}

export interface FindPythonOptions {
  /** A program on the PATH, or its path. */
  readonly command: string
  /** The earliest version that will do, such as `3.9`. */
  readonly from: string
  /** What needs it, in messages. */
  readonly subject: string
  /** The setting that names another one. */
  readonly setting: string
  readonly signal: AbortSignal
}

const PROBE = `import json, sys, sysconfig
print(json.dumps([sys.executable, "%d.%d.%d" % sys.version_info[:3], sys.implementation.cache_tag + "-" + (sysconfig.get_config_var("MULTIARCH") or sysconfig.get_platform())]))`

/** Finds a Python. @throws SyncError `fix-config` where there is no such program, or it is too old. */
export async function findPython({ command, from, subject, setting, signal }: FindPythonOptions): Promise<Python> {
  const python = `Python ("${command}")`
  const wayOut = `install Python ${from} or later, or name one with ${setting}`
  const fail = (problem: string): SyncError =>
    new SyncError(`${subject} needs Python: ${problem}; ${wayOut}`, 'fix-config', { code: 'no-python' })
  const lines = await outputOf({
    command,
    args: ['-c', PROBE],
    subject: python,
    signal,
    judge: ({ code, stderr }) =>
      code === 127 || code === 126 ? fail(`"${command}" was not found`) : fail(`"${command}" does not run: ${stderr}`),
  })
  const [path, version, kind] = parsed(lines.at(-1))
  if (path === undefined || version === undefined || kind === undefined) throw fail(`"${command}" is not a Python`)
  if (isBefore(version, from)) throw fail(`"${command}" is ${version}`)
  return { path, version, kind, setting }
}

function parsed(line: string | undefined): readonly string[] {
  try {
    const value: unknown = JSON.parse(line ?? '')
    return Array.isArray(value) ? value.map(String) : []
  } catch {
    return []
  }
}

function isBefore(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [least = 0, part = 0] = other.split('.').map(Number)
  return major < least || (major === least && minor < part)
}

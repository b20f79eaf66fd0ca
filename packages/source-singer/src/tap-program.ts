import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findPython, packageIn, pythonEnvironment } from '@tidemark/child-process'
import { type Logger, SyncError, suggestion } from '@tidemark/core'
import type { SingerConfig } from './config.ts'

/** A program and its first arguments. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
}

export interface ProgramOptions {
  readonly config: SingerConfig
  /** What messages call the tap. */
  readonly subject: string
  readonly signal: AbortSignal
  readonly log: Logger
}

/** The program that a tap is: that of the package which the config names, installed first, or the one that it gives. */
export async function programOf({ config, ...options }: ProgramOptions): Promise<Program> {
  const { tap, command } = config
  if (tap !== undefined) return await installed(tap, { config, ...options })
  const [program = '', ...args] = [command ?? []].flat()
  return { command: program, args }
}

async function installed(tap: string, { config, subject, signal, log }: ProgramOptions): Promise<Program> {
  const python = await findPython({
    command: config.python ?? 'python3',
    from: '3.7',
    subject,
    setting: 'config.python',
    signal,
  })
  const { folder } = await pythonEnvironment({
    python,
    requirements: [tap, ...config.packages],
    folder: process.cwd(),
    subject,
    signal,
    onLog: (line) => (line.startsWith('installing ') ? log.info(line) : log.debug(line)),
  })
  const programs = await readdir(join(folder, 'bin'))
  return { command: join(folder, 'bin', programIn(programs, config)), args: [] }
}

/** Which of an environment's programs is the tap. */
export function programIn(programs: readonly string[], { tap = '', command }: SingerConfig): string {
  const fail = (problem: string, names: readonly string[]): never => {
    throw new SyncError(
      `the package "${tap}" ${problem}; ${suggestion(String(command), [...names], 'programs')}`,
      'fix-config',
    )
  }
  if (command !== undefined)
    return (
      programs.find((name) => name === command) ?? fail(`has no program "${command}", as config.command says`, programs)
    )
  const taps = programs.filter((name) => /^tap[-_]/.test(name))
  const [only] = taps
  if (only !== undefined && taps.length === 1) return only
  // Packages of other makers put their name before it: `meltanolabs-tap-postgres`.
  const own = packageIn(tap)
  const named = taps.find((name) => own === name) ?? taps.find((name) => own?.endsWith(`-${name}`) === true)
  return named ?? fail('has no program whose name begins with "tap-", or several; name one as config.command', taps)
}

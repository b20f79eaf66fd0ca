import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** What a run in a process of its own came to. */
export interface LogRun {
  /** Its exit code, and what it complained of. */
  readonly output: string
  /** The most memory that it had, in megabytes; undefined: it was killed. */
  readonly peakMb: number | undefined
}

/** As large as the engine makes them by itself. */
export const USUAL_BATCH = { rows: 10_000, bytes: 16_000_000 }

/** One run of what is built, in a process of its own. @param batch absent: small ones, of which a run has many. */
export function logRun(
  url: string,
  config: object,
  batch?: { readonly rows: number; readonly bytes: number },
): { readonly ended: Promise<LogRun>; kill(): void } {
  const victim = join(import.meta.dirname, 'log-victim.js')
  const args = [victim, url, JSON.stringify(config), ...(batch === undefined ? [] : [JSON.stringify(batch)])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, told] = ['', '']
  child.stderr.on('data', (piece) => (output += piece))
  child.stdout.on('data', (piece) => (told += piece))
  const ended = new Promise<LogRun>((resolve) =>
    child.once('close', (code) =>
      resolve({ output: `${code} ${output}`, peakMb: told === '' ? undefined : JSON.parse(told).peakMb }),
    ),
  )
  return { ended, kill: () => child.kill('SIGKILL') }
}

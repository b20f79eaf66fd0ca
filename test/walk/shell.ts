import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Done {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** For a clone: what is built from the same files is taken from this repository's cache. It was built from nothing there. */
export const SAME_BUILDS = { TURBO_CACHE_DIR: fileURLToPath(new URL('../../.turbo/cache', import.meta.url)) }

/** Runs a command to its end; never throws for an exit code. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Done> {
  const child = start(command, args, { cwd, env })
  return ended(child)
}

export function start(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
) {
  return spawn(command, args, { cwd, env: { ...clean(process.env), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

export function ended(child: ReturnType<typeof start>): Promise<Done> {
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The environment of a user's shell: nothing of the package manager, the test runner or git that started this. */
function clean(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) =>
      !/^(npm_|pnpm_|PNPM_|TURBO|VITEST|GIT_|NODE_|INIT_CWD|TEST$|MODE$|DEV$|PROD$|SSR$|BASE_URL$)/.test(name),
  )
  const path = (env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'))
  return { ...Object.fromEntries(kept), PATH: path.join(':') }
}

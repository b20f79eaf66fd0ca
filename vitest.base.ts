import { join } from 'node:path'
import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config'

/** Which lane is run: `fast`, `slow` or `crash`; all of a package's tests where a developer asks for none. */
// biome-ignore lint/suspicious/noUndeclaredEnvVars: each script of a package sets it for itself
export const lane = process.env['TIDEMARK_LANE']

/** Draws the values of property tests from one seed, where one is given. */
const setupFiles = process.env['TIDEMARK_SEED'] === undefined ? [] : [join(import.meta.dirname, 'vitest.seed.ts')]

/**
 * The tests below some folders, divided into lanes by their names.
 *
 * The fast lane answers a change (`pnpm test`), so it holds what needs no server and few processes. A file `*.slow.test.ts`
 * starts servers, browsers or many processes, or looks at much; one `*.crash.test.ts` kills processes, or looks for what
 * nobody thought of by chance.
 */
export function inLanes(folders = 'test/**'): ViteUserConfig {
  const named = (suffix: string): string => `${folders}/*.${suffix}`
  const [all, slow, crash] = [named('test.ts'), named('slow.test.ts'), named('crash.test.ts')]
  const lanes: Readonly<Record<string, { readonly include: string[]; readonly exclude?: string[] }>> = {
    fast: { include: [all], exclude: [...configDefaults.exclude, slow, crash] },
    slow: { include: [slow] },
    crash: { include: [crash] },
  }
  if (lane !== undefined && lanes[lane] === undefined)
    throw new Error(`TIDEMARK_LANE is ${lane}: fast, slow and crash are the lanes`)
  return defineConfig({
    test: {
      ...(lane === undefined ? { include: [all] } : lanes[lane]),
      setupFiles,
      // What a package imports is loaded once for all files of a worker: that is much of what a fast test costs.
      isolate: lane !== 'fast',
      // Tests wait for real processes, files and databases, and several packages are tested at once: slow is not broken.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      expect: { poll: { timeout: 60_000 } },
      // Thousands of processes are started: each compiles its code once for all of them. Where nobody else may write.
      env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile') },
    },
  })
}

export default inLanes()

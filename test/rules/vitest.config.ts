import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { TAKEN_OUT } from './feed-rules.ts'

const ROOT = join(import.meta.dirname, '../..')

// Started by feed-rules.slow.test.ts in a process of its own for each rule: here tests fail.
const { edits, test } = TAKEN_OUT[Number(process.env['TIDEMARK_RULE'])]!
/** The laws of a destination stand in no file of tests of their own. */
const file = join(ROOT, test.file.endsWith('.test.ts') ? test.file : 'packages/testkit/test/sqlite.test.ts')

export default defineConfig({
  root: join(file, '../..'),
  plugins: [
    {
      name: 'a rule is taken out',
      enforce: 'pre',
      load(id: string): string | undefined {
        const own = edits.filter((one) => id === join(ROOT, one.file))
        if (own.length === 0) return undefined
        return own.reduce(
          (text, { find, replace }) => {
            if (text.split(find).length !== 2) throw new Error(`${id} does not have, once: ${find}`)
            return text.replace(find, () => replace)
          },
          readFileSync(id, 'utf8'),
        )
      },
    },
  ],
  // The sources of other packages too, not what was built of them.
  resolve: {
    alias: ['engine', 'destination'].map((name) => ({
      find: new RegExp(`^@tidemark/${name}$`),
      replacement: join(ROOT, `packages/${name}/src/index.ts`),
    })),
  },
  // What is kept of an earlier run has another rule taken out.
  test: { fsModuleCache: false, include: [file], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 1 },
})

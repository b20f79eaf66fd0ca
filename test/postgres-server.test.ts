import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

/** The code of a process that imports the server of the tests, has a failure to report, and ends by itself. */
function codeOf(script: string): number | null {
  const args = ['--input-type=module', '--eval', `import '@tidemark/postgres-server'\n${script}`]
  return spawnSync(process.execPath, args, { cwd: import.meta.dirname, stdio: 'ignore' }).status
}

it('a process that has the Postgres of the tests ends with its own exit code', () => {
  expect(codeOf('process.exitCode = 3')).toBe(3)
  expect(codeOf('setTimeout(() => { process.exitCode = 1 }, 10)')).toBe(1)
  expect(codeOf('')).toBe(0)
})

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const SERVER = fileURLToPath(new URL('./postgres/server.ts', import.meta.url))

// A whole lane of failing tests would pass where this does not hold.
it.each([0, 1, 3])('a process that starts a Postgres and stops it ends with its own exit code: %i', (code) => {
  const program = `
    const { startPostgres } = await import(${JSON.stringify(SERVER)})
    const server = await startPostgres()
    await server.stop()
    process.exitCode = ${code}`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    env: { ...process.env, TIDEMARK_TEST_POSTGRES: '' },
  })
  expect(status, stderr).toBe(code)
})

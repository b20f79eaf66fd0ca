import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'vitest'
import { expectNoSecret, LONGER, leakyProject, PASSWORD, TOKEN } from './leaky-source.ts'

it.each(['connect', 'read'])('no output holds a secret when it fails to %s', async (fail) => {
  const project = leakyProject(fail)
  const told: string[] = []
  for (const args of [
    ['sync', '--verbose'],
    ['sync', '--json'],
    ['status'],
    ['status', '--json'],
    ['plan', '--json', '--verbose'],
    ['check'],
    ['check', '--json'],
    ['show', 'throws', '--verbose'],
    ['show', 'says', '--json'],
    ['rejects'],
    ['rejects', '--json'],
    ['rejects', 'show', '1', '--json'],
    ['rejects', 'retry', '--verbose'],
    ['sync', '--log', 'json', '--verbose'],
    ['runs', '1', '--log'],
    ['runs', '1', '--log', 'json'],
    ['query', 'select * from _tidemark_rejects', '--json'],
    ['tables', '--json'],
    ['sync', '--destination', `postgres://me:${PASSWORD}@example.org/x`],
  ]) {
    const { stdout, stderr } = await project.run(args, { TOKEN, LONGER })
    told.push(stdout, stderr)
  }
  const data = join(project.folder, 'data')
  for (const file of readdirSync(data)) told.push(readFileSync(join(data, file), 'latin1'))
  expectNoSecret(told)
})

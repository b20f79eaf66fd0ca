import { expect, it } from 'vitest'
import { dailySource, testProject } from './test-project.ts'

// What a source does behind the engine's back must not pass for a run that went well, nor take the other sources along.

it('a source that ends the process on import is no success', async () => {
  const project = testProject()
  project.install('good', dailySource('good', ['a']))
  project.install('quitter', 'process.exit(0)\n')
  const { code, stderr } = await project.run(['sync'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/A source ended the process/)
})

it('a promise that a source lets fail in the air is said, and the others go on', async () => {
  const project = testProject()
  project.install('good', dailySource('good', ['a']))
  project.install('leaky', `Promise.reject(new Error('left in the air'))\n${dailySource('leaky', ['b'])}`)
  const { code, stdout, stderr } = await project.run(['sync', '--json'])
  expect(code).toBe(3)
  expect(stderr).toMatch(/nobody waited for.*\n.*left in the air/)
  const { tables } = JSON.parse(stdout) as { tables: { name: string; status: string }[] }
  expect(tables.map(({ name, status }) => [name, status])).toEqual([
    ['good_a', 'live'],
    ['leaky_b', 'live'],
  ])
})

it('a paused table says why, and the command that goes on', async () => {
  const project = testProject()
  project.install('shop', dailySource('shop', ['a']))
  expect((await project.run(['sync'])).code).toBe(0)
  project.install('shop', dailySource('shop', ['a']).replace("primaryKey: ['id']", "primaryKey: ['id', 'at']"))
  const { code, stdout } = await project.run(['sync'])
  expect(code).toBe(3)
  expect(stdout).toMatch(/paused: table shop_a: its primary key changed.*npx tidemark resync shop_a --full/)
})

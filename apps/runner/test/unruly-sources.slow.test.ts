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
  expect(stderr).toMatch(/unhandled promise rejection.*\n.*left in the air/)
  const { tables } = JSON.parse(stdout) as { tables: { name: string; status: string }[] }
  expect(tables.map(({ name, status }) => [name, status])).toEqual([
    ['good_a', 'complete'],
    ['leaky_b', 'complete'],
  ])
})

it.each([
  ['a timer', "setTimeout(() => { throw new Error('out of the blue') }, 10)"],
  ['a socket that nobody listens to', "(await import('node:net')).connect(1, '127.0.0.1')"],
  [
    'an event that nobody hears',
    "const { EventEmitter } = await import('node:events'); setImmediate(() => new EventEmitter().emit('error', new Error('unheard')))",
  ],
])('what %s of a source throws is its own failure, when it connects and when it is read', async (_what, code) => {
  for (const place of ['connect', 'read']) {
    const project = testProject()
    project.install(
      'good',
      dailySource('good', ['a']).replace(
        'const rows = []',
        'await new Promise((r) => setTimeout(r, 300)); const rows = []',
      ),
    )
    const bad = dailySource('bad', ['b'])
    const broken = `${code}; await new Promise((resolve) => setTimeout(resolve, 60_000))`
    project.install(
      'bad',
      place === 'read'
        ? bad.replace('const rows = []', `${broken}; const rows = []`)
        : bad.replace("name: 'bad'", `name: 'bad', connect: async () => { ${broken} }`),
    )
    const { code: exit, stdout, stderr } = await project.run(['sync', '--json'])
    expect(exit, stderr).toBe(3)
    const { tables, sources } = JSON.parse(stdout)
    expect(tables.find(({ name }: { name: string }) => name === 'good_a')).toMatchObject({
      status: 'complete',
      failures: [],
    })
    const failure =
      place === 'read'
        ? tables.find(({ name }: { name: string }) => name === 'bad_b').failures[0].failure
        : sources.find(({ name }: { name: string }) => name === 'bad').failure
    expect(failure.code).toMatch(/stray|network/)
  }
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

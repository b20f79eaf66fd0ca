import { describe, expect, it } from 'vitest'
import { configLine } from '../src/config-line.ts'
import { dailySource, testProject } from './test-project.ts'

const TYPESCRIPT = `import { defineConfig, env } from '@tidemark/runner/config'

// sources: { never: true }
const shared = { every: '1h' }

export default defineConfig({
  destination: env('DATABASE'), // every: 'x'
  initialSyncStart: \`2024-\${['{', '01'].at(1)}-01\`,
  sources: {
    ...shared,
    /* github: { every: 'no' }, */
    git: { config: { paths: ['a{', "b]", 'c'] }, every: '5m' },
    'crm': {
      source: 'sql',
      config: {
        url: env('X'), "odd key": 1,
        pick: (row) => ({ every: row[1], config: 2 }),
        every: 7,
      },
      every,
    },
    shop: shop.configure({
      url: 'x',
    }),
    plain: shop.configure(
      {
        token: 't',
      },
      { every: '1h' },
    ),
    other: make({
      every: '1d',
    }),
  },
} satisfies Config)
`

describe('the line of a place in a config', () => {
  it.each([
    ['destination', 7],
    ['initialSyncStart', 8],
    ['sources', 9],
    ['sources.git.every', 12],
    ['sources.git.config.paths[2]', 12],
    ['sources.crm', 13],
    ['sources.crm.config.url', 16],
    ['sources.crm.config["odd key"]', 16],
    ['sources.crm.config.every', 18],
    ['sources.crm.every', 20],
    ['sources.crm.config.token', 15],
    ['sources.github', 9],
    ['sources.shop.config.url', 23],
    ['sources.shop.config.token', 22],
    ['sources.plain.config.token', 27],
    ['sources.other.every', 31],
    ['sources.git.config.paths[3]', 12],
    ['rail', undefined],
  ])('%s', (path, line) => expect(configLine(TYPESCRIPT, path)).toBe(line))

  it('in JSON too, and nowhere in a text that is no config', () => {
    const json = '{\n  "a": { "b": [1, { "c": "}" }],\n    "d": 2 },\n  "e": 3\n}'
    expect(['a', 'a.b[1].c', 'a.d', 'e', 'f'].map((path) => configLine(json, path))).toEqual([2, 2, 3, 4, undefined])
    for (const text of ['', '{', '{"a', "export default {a: '", 'export default makeConfig()', '/*'])
      expect(() => configLine(text, 'a.b')).not.toThrow()
  })
})

it('an error in a config names file and line, place, what was expected, and a way out', async () => {
  const project = testProject()
  project.config(`import { defineConfig } from '@tidemark/runner/config'
export default defineConfig({
  concurrency: 'four' as never,
  sources: {
    git: {
      evry: '5m',
    } as never,
  },
})
`)
  const { code, stderr } = await project.run(['plan'])
  expect(code).toBe(2)
  expect(stderr).toMatch(
    /tidemark\.config\.ts has 2 problems:\n {2}line 6: sources\.git\.evry: unknown key; did you mean "every"\?\n {2}line 3: concurrency: expected number, received string\n/,
  )
  project.config({ sources: { git: { every: 'often' } } })
  const one = await testProject().run([
    'plan',
    '--project',
    project.folder,
    '--config',
    `${project.folder}/tidemark.config.json`,
  ])
  expect(one.stderr).toMatch(
    /tidemark\.config\.json:1: sources\.git\.every: "often" is no length of time; write 30s, 5m, 1h or 1d\n/,
  )
})

it('so does one that only the source can tell', async () => {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  project.write(
    'tidemark.config.json',
    '{\n  "sources": {\n    "daily": {\n      "tables": { "weeks": { "every": "1h" } }\n    }\n  }\n}\n',
  )
  const { code, stderr } = await project.run(['plan'])
  expect(code).toBe(2)
  expect(stderr).toMatch(
    /tidemark\.config\.json:4: sources\.daily\.tables\.weeks: source "daily" has no table "weeks"; it has days\n/,
  )
})

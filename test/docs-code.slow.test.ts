import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Block, blocksOf } from './docs/blocks.ts'
import { configProblem, isConfig } from './docs/configs.ts'
import { pagesIn } from './docs/pages.ts'
import { compileProblems } from './docs/typescript.ts'

const ROOT = join(import.meta.dirname, '..')
const blocks = [...pagesIn(ROOT)].flatMap(([path, page]) => blocksOf(path, page))
/** What a fence may say, and what then holds of its block. Without a language it is what a program printed, or a formula. */
const LANGUAGES: Readonly<Record<string, string>> = {
  ts: 'is a file of the repository (title), or compiles; a config is read by the command',
  json: 'is a file of the repository (title), or parses; a config is read by the command',
  sh: 'each command is one that there is (docs-commands.test.ts)',
  js: 'parses',
  python: 'is a file of the repository (title)',
  yaml: 'is for another program; its commands are those that there are',
  sql: 'runs in Postgres, or says of which database it is',
  ini: 'its commands are those that there are',
  mermaid: 'is a picture',
  '': 'its commands are those that there are',
}

// What is scaffolded speaks of a source that is not there before.
const ours = blocks.filter(({ at }) => !at.includes('/templates/'))
const compiled = ours.filter(({ language, title }) => language === 'ts' && title === undefined)
const configs = ours.filter(isConfig)

/** What is wrong with a block that shows a file. */
function fileProblem({ at, title = '', text }: Block): string | undefined {
  const file = join(ROOT, title)
  if (!existsSync(file)) return `${at}: there is no file ${title}`
  return readFileSync(file, 'utf8') === text ? undefined : `${at}: is not what ${title} holds`
}

describe('the blocks of the docs', () => {
  it('say a language that a test knows', () => {
    expect(blocks.length).toBeGreaterThan(50)
    expect(blocks.filter(({ language }) => !Object.hasOwn(LANGUAGES, language)).map(({ at }) => at)).toEqual([])
  })

  it('of Python are files of the repository', () => {
    expect(blocks.filter(({ language, title }) => language === 'python' && title === undefined)).toEqual([])
  })

  it('that name a file are what it holds', () => {
    const files = blocks.filter(({ title }) => title !== undefined)
    expect(files.length).toBeGreaterThan(15)
    expect(files.map(fileProblem).filter((problem) => problem !== undefined)).toEqual([])
  })

  it('of TypeScript compile, each by itself, as strictly as in a new project', async () => {
    expect(compiled.length).toBeGreaterThan(8)
    expect(await compileProblems(ROOT, compiled)).toEqual([])
  })

  it('of JSON parse', () => {
    for (const { text } of blocks.filter(({ language }) => language === 'json')) JSON.parse(text)
  })

  it('of JavaScript parse', () => {
    const scripts = blocks.filter(({ language }) => language === 'js')
    expect(scripts.length).toBeGreaterThan(0)
    for (const { at, text } of scripts) {
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--check', '-'], {
        input: text,
        encoding: 'utf8',
      })
      expect(status, `${at}: ${stderr}`).toBe(0)
    }
  })

  it.each(configs.map((block) => [block.at, block] as const))(
    '%s: the config is one that the command takes',
    async (_, block) => {
      expect(await configProblem(ROOT, block)).toBeUndefined()
    },
  )
})

describe('the SQL of the docs', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ settings: { wal_level: 'logical' } })
    await server.execute('CREATE ROLE crm_owner')
    // Those of the examples.
    await server.execute('CREATE TABLE accounts (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY)')
    await server.execute('CREATE DATABASE crm')
  })
  afterAll(() => server.stop())
  const sql = blocks.filter(({ language }) => language === 'sql')

  it.each(sql.map((block) => [block.at, block.text] as const))('%s runs in Postgres', async (_, text) => {
    await server.execute('CREATE ROLE analysts; CREATE ROLE reader')
    try {
      const lines = text.split('\n').filter((line) => !/-- (?:MySQL|SQLite)/.test(line))
      await server.execute(lines.join('\n'))
    } finally {
      await server.execute('DROP OWNED BY analysts, reader')
      await server.execute('DROP ROLE analysts; DROP ROLE reader')
    }
  })
})

describe('a wrong block is found:', () => {
  const block = (text: string, more: Partial<Block> = {}): Block => ({
    at: 'a.md:1',
    language: 'ts',
    title: undefined,
    text,
    ...more,
  })
  const config = (inner: string): Block =>
    block(`import { defineConfig } from '@tidemark/runner/config'\nexport default defineConfig(${inner} as never)\n`)

  it('TypeScript that does not compile, with its line', async () => {
    const wrong = [
      block("const right: string = 'a'\n"),
      block("import { definesource } from '@tidemark/core'\n"),
      block('\nfoo()\n'),
    ]
    expect(await compileProblems(ROOT, wrong)).toEqual([
      expect.stringMatching(/^a\.md:1 \+ 1: error TS\d+: .*definesource/),
      expect.stringMatching(/^a\.md:1 \+ 2: error TS\d+: .*foo/),
    ])
  })

  it.each([
    ['{ sorces: {} }', /sorces: unknown key; did you mean "sources"/],
    [
      "{ sources: { rest: { config: { baseUrl: 'https://a.example', tables: { a: { pth: '/a' } } } } } }",
      /sources\.rest\.config\.tables\.a/,
    ],
    ["{ sources: { got: { every: '5m' } } }", /got/],
  ])('a config: %s', async (inner, message) => {
    expect(isConfig(config(inner))).toBe(true)
    expect(await configProblem(ROOT, config(inner))).toMatch(message)
  })

  it('a config of JSON', async () => {
    const wrong = block('{ "sources": { "git": { "config": { "repos": ["."] } } } }', { language: 'json' })
    expect(isConfig(wrong)).toBe(true)
    expect(await configProblem(ROOT, wrong)).toMatch(/repos: unknown key/)
  })

  it('a file that is another, or not there', () => {
    expect(fileProblem(block('x\n', { title: 'LICENSE' }))).toMatch(/is not what LICENSE holds/)
    expect(fileProblem(block('x\n', { title: 'src/no.ts' }))).toMatch(/no file/)
  })

  it('a block without an end', () => {
    expect(() => blocksOf('a.md', 'text\n```ts\nx\n')).toThrow('a.md:2: the block has no end')
  })
})

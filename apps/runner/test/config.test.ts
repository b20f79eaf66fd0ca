import { readFileSync } from 'node:fs'
import { alternativesOf, fieldsOf, problemLines, unknownKeys } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { env } from '../src/config.ts'
import { ConfigSchema } from '../src/config-schema.ts'
import { demand, loadConfig, loadDotEnv } from '../src/load-config.ts'
import { settingsFrom } from '../src/settings.ts'
import { reference, testProject } from './test-project.ts'

function problems(value: unknown): readonly string[] {
  const parsed = ConfigSchema.safeParse(value)
  return [
    ...unknownKeys(ConfigSchema, value, ''),
    ...(parsed.success ? [] : problemLines(parsed.error.issues, value, '')),
  ]
}

describe('a config', () => {
  it('may say all of this', () => {
    const config = {
      destination: 'x.db',
      initialSyncStart: '2024-01-01',
      synced_tables: 'a,b',
      to_timestamp: '2024-06-01T00:00:00Z',
      concurrency: 8,
      perSource: 2,
      perTable: 1,
      deletionLimit: 'none',
      rejects: { share: 0.1, above: 10 },
      sources: {
        git: false,
        crm: {
          source: 'sql',
          config: { anything: [1] },
          every: '1h',
          initialSyncStart: 5,
          prefix: 'c',
          schema: 'freeze',
          deletes: 'hard',
          tables: {
            'a b*': false,
            t: {
              initialSyncStart: '2024-01-01',
              every: '5m',
              lookback: '10m',
              columns: { email: false },
              deletes: 'soft',
              deletionLimit: { share: 0.2, above: 10 },
            },
          },
        },
      },
    }
    expect(problems(config)).toEqual([])
  })

  it.each(['', 'a\0', 'a\ud800'])('has no name of a table that no database holds: %j', (name) => {
    expect(problems({ sources: { a: { tables: { t: { name } } } } })).toEqual([
      expect.stringMatching(/^sources\.a\.tables\.t\.name: .*write what the table is called in the database/),
    ])
  })

  it.each([
    ['an unknown key', { sorces: {} }, 'sorces: unknown key; did you mean "sources"?'],
    [
      'an unknown key of a use',
      { sources: { git: { evry: '5m' } } },
      'sources.git.evry: unknown key; did you mean "every"?',
    ],
    [
      'a key of before',
      { rail: false },
      'rail: was renamed to "deletionLimit"; write { share, above } as before, or \'none\' instead of false',
    ],
    [
      'a limit that is none',
      { sources: { git: { tables: { t: { deletionLimit: false } } } } },
      'sources.git.tables.t.deletionLimit: expected "none" or object',
    ],
    [
      'a field of the source outside of its config',
      { sources: { git: { repositories: [] } } },
      'sources.git.repositories: unknown key; keys: backfillNewColumns, config, deletes, deletionLimit, every, freshWithin, initialSyncStart, prefix, schema, source, tables',
    ],
    [
      'a name for several tables',
      { sources: { git: { tables: { 'c*': { name: 'x' } } } } },
      'sources.git.tables["c*"].name: is the name of one table, and this key stands for several; write it under the table itself',
    ],
    [
      'an unknown key of a table',
      { sources: { git: { tables: { 'a.b': { colums: {} } } } } },
      'sources.git.tables["a.b"].colums: unknown key; did you mean "columns"?',
    ],
    [
      'a date that is none',
      { initialSyncStart: '2024-13-01' },
      'initialSyncStart: "2024-13-01" is no date; write 2024-01-31 or 2024-01-31T08:00:00Z',
    ],
    [
      'a date of a table that is none',
      { sources: { git: { tables: { c: { initialSyncStart: 'yesterday' } } } } },
      'sources.git.tables.c.initialSyncStart: "yesterday" is no date; write 2024-01-31 or 2024-01-31T08:00:00Z',
    ],
    [
      'a length of time that is none',
      { sources: { git: { every: '5x' } } },
      'sources.git.every: "5x" is no length of time; write 30s, 5m, 1h or 1d',
    ],
    [
      'a name that is none',
      { sources: { 'My Git': {} } },
      'sources["My Git"]: a name here is lower case letters, digits and "_", starting with a letter',
    ],
    ['a number as a text', { concurrency: '4' }, 'concurrency: expected number, received string'],
    [
      'a choice that is none',
      { sources: { git: { schema: 'evolv' } } },
      'sources.git.schema: expected one of "evolve"|"freeze"|"discard-row"',
    ],
    ['true where only false means something', { sources: { git: true } }, 'sources.git: expected false or object'],
  ])('is refused with its place for %s', (_, config, line) => {
    expect(problems(config)).toEqual([line])
  })

  const One = z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('bearer'), token: z.string() }),
    z.strictObject({ type: z.literal('basic') }),
  ])
  it.each<[string, z.ZodType, unknown, string]>([
    ['a type that is none', One, { type: 'oauth' }, 'x.a.type: expected one of "bearer", "basic"'],
    [
      'one that is misspelt',
      One,
      { type: 'Bearer' },
      'x.a.type: expected one of "bearer", "basic"; did you mean "bearer"?',
    ],
    ['no type', One, {}, 'x.a.type: is missing; expected one of "bearer", "basic"'],
    ['of one or several', z.union([One, z.array(One)]), { type: 'o' }, 'x.a.type: expected one of "bearer", "basic"'],
    [
      'in a list',
      z.union([One, z.array(One)]),
      [{ type: 'basic' }, { type: 'o' }],
      'x.a[1].type: expected one of "bearer", "basic"',
    ],
    [
      'alternatives within alternatives',
      z.union([z.union([z.string(), z.array(z.string())]), z.literal(false)]),
      5,
      'x.a: expected string or array or false',
    ],
    [
      'of which none is there',
      z.union([z.string(), z.array(z.string())]),
      undefined,
      'x.a: is missing; expected string or array',
    ],
  ])('says which values there are: %s', (_, schema, value, line) => {
    const { error } = z.object({ a: schema }).safeParse({ a: value })
    expect(problemLines(error?.issues ?? [], { a: value }, 'x')).toEqual([line])
  })

  it('names what is missing', () => {
    expect(
      problemLines(
        z.object({ a: z.object({ b: z.string() }) }).safeParse({ a: {} }).error?.issues ?? [],
        { a: {} },
        'x',
      ),
    ).toEqual(['x.a.b: is missing; expected string'])
  })
})

describe('reading a config', () => {
  const read = (project: { folder: string }, environment: Record<string, string> = {}) =>
    loadConfig({ folder: project.folder, asked: undefined, cwd: project.folder, environment })

  it('is empty where there is no file', async () => {
    expect(await read(testProject())).toEqual({ file: undefined, data: {}, written: {}, missing: [] })
  })

  it('puts the environment into a TypeScript config, also inside longer texts', async () => {
    const project = testProject()
    project.config(`import { defineConfig, env } from '@tidemark/runner/config'
      const host: string = env('HOST')
      export default defineConfig({ destination: \`sqlite:\${host}/x.db\`, sources: { a: { config: { token: env('TOKEN') } } } })`)
    const { data, missing } = await read(project, { HOST: 'h' })
    expect(data.destination).toBe('sqlite:h/x.db')
    expect(missing).toEqual([{ name: 'TOKEN', path: 'sources.a.config.token' }])
  })

  it('puts the environment into a JSON config and leaves $${ alone', async () => {
    const project = testProject()
    project.config({
      sources: {
        a: { config: { list: [`x-${reference('ONE')}-${reference('TWO')}`, `$${reference('ONE')}`, 'plain $ {x}'] } },
      },
    })
    const { data } = await read(project, { ONE: '1', TWO: reference('ONE') })
    expect(data.sources).toEqual({
      a: { config: { list: [`x-1-${reference('ONE')}`, reference('ONE'), 'plain $ {x}'] } },
    })
  })

  it('asks for a variable only when it is needed, and names it with its place', async () => {
    const project = testProject()
    project.config({
      initialSyncStart: reference('START'),
      sources: { a: { config: { list: [{ token: reference('TOKEN') }] } } },
    })
    const config = await read(project)
    demand(config, (path) => path === 'destination')
    expect(() => demand(config, () => true)).toThrow(
      /initialSyncStart: the environment variable START is not set[\s\S]*sources\.a\.config\.list\[0\]\.token: the environment variable TOKEN is not set; set it, or write it into \.env/,
    )
  })

  it.each([
    ['holds no config', 'export default 5', /is not a config; it must end in: export default defineConfig/],
    ['has no default export', 'export const a = 1', /is not a config; it must end in: export default defineConfig/],
    ['throws', '\nthrow new Error("no luck")', /tidemark\.config\.ts:2 cannot be loaded: no luck/],
    ['is no TypeScript', 'export default {', /tidemark\.config\.ts.* cannot be loaded/],
  ])('says where a file is that %s', async (_, text, message) => {
    const project = testProject()
    project.config(text)
    await expect(read(project)).rejects.toThrow(message)
  })

  it('says what is wrong with JSON', async () => {
    const project = testProject()
    project.write('tidemark.config.json', '{ "a": }')
    await expect(read(project)).rejects.toThrow(/tidemark\.config\.json is not valid JSON: /)
  })

  it('refuses two configs', async () => {
    const project = testProject()
    project.config({})
    project.config('export default {}')
    await expect(read(project)).rejects.toThrow(/there are two config files, .*config\.ts and .*config\.json; keep one/)
  })

  it('wants to_timestamp with synced_tables', async () => {
    const project = testProject()
    project.config({ synced_tables: ['a'] })
    await expect(read(project)).rejects.toThrow(
      /to_timestamp: is missing; set it to the time up to which the tables of synced_tables are synced/,
    )
  })

  it('reads .env and never overrides', () => {
    const project = testProject()
    project.write('.env', 'A=file\nB="in quotes"\n# no\n')
    const environment: NodeJS.ProcessEnv = { A: 'real' }
    loadDotEnv(project.folder, environment)
    expect(environment).toEqual({ A: 'real', B: 'in quotes' })
  })
})

it('env() is a text that no one types', () => {
  expect(env('X')).toBe('\0env:X\0')
})

describe('settings', () => {
  it('split the seed’s list of tables', () => {
    expect(settingsFrom({ synced_tables: 'a, b,,c ', to_timestamp: '2024-01-01' }).synced).toEqual({
      tables: ['a', 'b', 'c'],
      to: '2024-01-01',
    })
  })
})

it('the README names every key', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const written = [...readme.matchAll(/^\| `([^`]+)` +\|/gm)].map((match) => match[1] ?? '')
  const documented = new Set(written.filter((key) => !key.includes(' ')))
  for (const key of keysOf(ConfigSchema, '')) expect(documented).toContain(key)
})

it('keys are camelCase, but for two that other systems write', () => {
  const names = keysOf(ConfigSchema, '').map((path) => path.split('.').at(-1)!)
  expect(names.length).toBeGreaterThan(40)
  const odd = names.filter((name) => !/^[a-z]+(?:[A-Z][a-z]*)*$/.test(name))
  expect(odd).toEqual(['synced_tables', 'to_timestamp'])
})

/** Every key of the schema; a record's keys are `<name>` under sources and `<table>` under tables. */
function keysOf(schema: z.core.$ZodType, path: string): readonly string[] {
  return alternativesOf(schema).flatMap((one) => {
    const below = Object.entries(fieldsOf(one) ?? {}).flatMap(([key, inner]) => {
      const here = path === '' ? key : `${path}.${key}`
      return ['share', 'above'].includes(key) ? [] : [here, ...keysOf(inner, here)]
    })
    const record =
      one._zod.def.type === 'record' ? (one._zod.def as unknown as { valueType: z.core.$ZodType }).valueType : undefined
    return record === undefined
      ? below
      : keysOf(record, `${path}.${path === 'sources' || path === 'notify.channels' ? '<name>' : '<table>'}`)
  })
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compile, provide, scratch } from './built.ts'

const HEAD = `import { type ConfigSchema, days, defineSource, deleted, register, type Source } from '@tidemark/core'
import { z } from 'zod'
declare class Client { pages(): AsyncGenerator<unknown[]>; found(): AsyncGenerator<Record<string, unknown>[]> }
export const shop = defineSource({ name: 'shop', config: z.object({ url: z.url() }), connect: () => new Client() })
export const row = z.object({ id: z.int(), tags: z.array(z.string()), kind: z.enum(['a', 'b']), at: z.iso.datetime(), note: z.string().optional() })
export const good = { id: 1, tags: ['x'], kind: 'a' as const, at: '2026-01-01T00:00:00Z' }
`
const table = (fields: string, read = 'async *read() { yield [good] }'): string =>
  `shop.table({ name: 'a', row, primaryKey: ['id'], cursor: 'at', ${fields} ${read} })`

/** What an author writes wrong, and what the first line of the error names. */
const WRONG: Readonly<Record<string, readonly [code: string, names: string, lines?: number]>> = {
  'a field that there is not': [table("curser: 'at',"), "'curser'"],
  'a column that there is not, as the key': [
    "shop.table({ name: 'a', row, primaryKey: ['ids'], async *read() { yield [good] } })",
    '"ids"',
  ],
  'a column that there is not, as the cursor': [
    "shop.table({ name: 'a', row, primaryKey: ['id'], cursor: 'updated', async *read() { yield [good] } })",
    '"updated"',
  ],
  'a number as the length of a window': [table('window: 30,'), 'Duration'],
  'a unit that there is not': [table("window: '30 days',"), '30 days'],
  'a word that there is not': [table("deletions: 'no',"), '"no"'],
  'a table without read': ["shop.table({ name: 'a', row, primaryKey: ['id'] })", "'read'"],
  'a row with a wrong field': [table('', "async *read() { yield [{ ...good, id: 'x' }] }"), 'see \\"id\\"', 2],
  'a row without a field': [
    table('', "async *read() { yield [{ id: 1, tags: [], at: '' , note: '' }] }"),
    'see \\"kind\\"',
    2,
  ],
  'a row with a wrong list': [table('', 'async *read() { yield [{ ...good, tags: [7] }] }'), 'see \\"tags\\"', 2],
  'a deletion without the key': [
    table('', 'async *read() { yield deleted([{ kind: 1 }]) }'),
    'deleted() takes the primary key',
    2,
  ],
  'a misspelt key of a config': ["register(shop.with([])).configure({ ulr: 'x' })", "'ulr'"],
  'an end of another type': [table('end: () => 5,'), 'Awaitable', 2],
}

const RIGHT = `${HEAD}
${table("window: '30d', lookback: days(1), minAge: '90s',")}
${table('', 'async *read({ client }) { yield* client.pages() }')}
${table('', 'async *read({ client }) { yield* client.found() }')}
${table('', "async *read({ client }) { yield* client.pages(); yield deleted([{ id: 1 }]); yield [{ id: 2, tags: ['y'], kind: 'b', at: '' }] }")}
declare const anything: any
${table('', 'async *read() { yield anything; yield [anything] }')}
/** Similar tables are made by a function of their schema. */
export function list(name: string, row: z.ZodObject) {
  return shop.table({ name, row, primaryKey: ['id'], cursor: 'created', window: '30d', async *read({ client }) { yield* client.pages() } })
}
export const charges = list('charges', z.object({ id: z.string(), created: z.iso.datetime() }))
export const more: Parameters<typeof shop.table>[0]['name'] = 'x'
const source = register(shop.with([charges]))
export const url: string = source.config.parse({ url: 'https://shop.example' }).url
export const nothing: undefined = register(defineSource({ name: 'hello' }).with([])).config
export const any: Source = source as Source<{ url: string }>
/** The schema of a source may be of another copy of zod, of which no type is the same. */
declare const foreign: {
  parse(value: unknown): { url: string }
  safeParse(value: unknown): { success: true; data: { url: string } } | { success: false; error: { issues: { path: string[]; message: string; newer: true }[] } }
  readonly _zod: { readonly def: { readonly type: 'object'; readonly newer: true } }
}
export const schema: ConfigSchema = foreign
`

it('an error of a table or a config is short and names what is wrong', async () => {
  await using project = await scratch()
  await provide(project.path, 'installed')
  const cases = Object.entries(WRONG)
  await Promise.all(cases.map(([, [code]], at) => writeFile(join(project.path, `case-${at}.ts`), `${HEAD}${code}\n`)))
  await writeFile(join(project.path, 'right.ts'), RIGHT)
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2024',
    module: 'nodenext',
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
  }
  await writeFile(join(project.path, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const said = await compile(project.path, 'tsconfig.json')
  const errors = new Map<string, string[]>()
  let file = ''
  for (const line of said.split('\n').filter((one) => one.trim() !== '')) {
    file = /^([\w-]+\.ts)\(/.exec(line)?.[1] ?? file
    errors.set(file, [...(errors.get(file) ?? []), line])
  }
  expect(errors.get('right.ts') ?? []).toEqual([])
  for (const [at, [title, [, names, lines = 1]]] of cases.entries()) {
    const error = errors.get(`case-${at}.ts`) ?? []
    expect(error.length, `${title}:\n${error.join('\n')}`).toBe(lines)
    expect(error.join('\n'), title).toContain(names)
  }
})

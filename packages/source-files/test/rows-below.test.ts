import { describe, expect, it } from 'vitest'
import { FilesConfig } from '../src/config.ts'
import { errorOf, opened } from './harness.ts'

const read = async (text: string, rows: string) => (await opened('x.json', text, { rows })).read()

describe('rows at a path inside a JSON file', () => {
  it.each<[string, string, unknown, number[]]>([
    ['a list', 'data.items', { meta: { items: [7] }, data: { n: 1, items: [{ id: 1 }, { id: 2 }], more: [] } }, [1, 2]],
    ['an empty list beside one with rows', 'groups.*.rows', { groups: [{ rows: [] }, { rows: [{ id: 1 }] }] }, [1]],
    ['lists in an object', '*.rows', { a: { rows: [{ id: 1 }] }, b: { rows: [{ id: 2 }] } }, [1, 2]],
    ['members of an object', 'data.*', { data: { a: { id: 1 }, b: { id: 2 } } }, [1, 2]],
    ['lists that are members', '*', { a: [{ id: 1 }], b: [{ id: 2 }, { id: 3 }] }, [1, 2, 3]],
    ['items of a list', '*.x.y', [{ x: { y: [{ id: 1 }] } }, { x: { y: [{ id: 2 }] } }], [1, 2]],
    ['a name that comes again inside of rows', 'rows', { rows: [{ id: 1, rows: [{ id: 9 }] }] }, [1]],
  ])('are read: %s', async (_, path, body, ids) => {
    const rows = await read(JSON.stringify(body), path)
    expect(rows.map((row) => row['id'])).toEqual(ids)
  })

  it('of several documents in one file are read', async () => {
    expect(await read('{"d":[{"id":1}]}\n{"d":[{"id":2}]}', 'd')).toEqual([{ id: 1 }, { id: 2 }])
  })

  it('keep every digit, also behind a member that is longer than them all', async () => {
    const row = `{"id":12345678901234567890,"text":"${'x'.repeat(1000)}"}`
    const text = `{"before":"${'y'.repeat(6_000_000)}","rows":[${Array.from({ length: 5000 }, () => row).join()}]}`
    const rows = await (await opened('x.json', text, { rows: 'rows', columns: { id: 'numeric' } })).read()
    expect(rows).toHaveLength(5000)
    expect(rows.at(-1)!['id']).toBe('12345678901234567890')
  })

  it.each<[string, string, string, string]>([
    ['no such list', 'data.items', '{"data":{"item":[]}}', 'has nothing instead of a list at "data.items"'],
    ['one member without its list', '*.rows', '[{"rows":[]},{}]', 'has nothing instead of a list at "*.rows"'],
    ['null in its place', 'data', '{"data":null}', 'has null instead of a list at "data"'],
    ['a number alone', 'data', '42', 'has 42 instead of a list at "data"'],
    ['an object in its place', 'data', '{"data":{"id":1}}', 'has an object instead of a list'],
    ['a number on the way', 'a.b', '{"a":5}', 'has 5 instead of a list at "a.b"'],
    ['a list on the way', 'a.b', '{"a":[{"b":[]}]}', 'has nothing instead of a list'],
    ['another document', 'a', '"text"', 'has text instead of a list at "a"'],
    ['a number in the list', 'a', '{"a":[{"id":1},5]}', 'has 5 instead of an object in the list at "a"'],
    ['a list in the list', 'a', '{"a":[[]]}', 'has a list instead of an object in the list'],
    ['an end within it', 'a', '{"a":[{"id":1},{"id":2}', 'ends too early'],
    ['an end behind it', 'a', '{"a":[{"id":1}]', 'ends too early'],
    ['nothing at all', 'a', '', 'ends too early'],
  ])('are an error with %s', async (_, path, text, message) => {
    const error = await errorOf(read(text, path))
    expect(error.message).toContain(message)
  })

  it.each([
    ['x.ndjson', {}],
    ['x.csv', {}],
  ])('are an error in %s, with the way out', async (name, more) => {
    const error = await errorOf(opened(name, '{"a":1}\n', { rows: 'a', ...more }).then((source) => source.read()))
    expect(error).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringContaining('is a path inside a JSON file'),
    })
  })

  it('are a mistake in the config of another format', () => {
    const { error } = FilesConfig.safeParse({ tables: { t: { path: 'x', format: 'csv', rows: 'a' } } })
    expect(error!.issues).toMatchObject([{ path: ['tables', 't', 'rows'] }])
  })

  it('are what the error of a file that is no list of rows proposes', async () => {
    const error = await errorOf(opened('x.json', '[[1]]').then((source) => source.read()))
    expect(error.message).toContain('set "rows" to its path, such as "data.items"')
  })
})

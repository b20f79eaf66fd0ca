import { describe, expect, it } from 'vitest'
import { CsvParser } from '../src/csv.ts'
import { errorOf, Folder, judged, open, opened } from './harness.ts'

const ROWS = [
  { id: 1, name: 'Ann' },
  { id: 2, name: 'Bob' },
]

describe('lines that end', () => {
  it.each<[string, string]>([
    ['in CR', 'id,name\r1,Ann\r2,Bob\r'],
    ['in CR, the last one in nothing', 'id,name\r1,Ann\r2,Bob'],
    ['in CRCRLF', 'id,name\r\r\n1,Ann\r\r\n2,Bob\r\r\n'],
    ['in CRCRLF, the last one in nothing', 'id,name\r\r\n1,Ann\r\r\n2,Bob'],
    ['in CRCRLF, then in CRLF and LF', 'id,name\r\r\n1,Ann\r\n2,Bob\n'],
    ['in CR, then in CRLF', 'id,name\r1,Ann\r\n2,Bob\r'],
    ['in CRLF, and the text between the last two', 'id,name\r\n1,Ann\r\n2,Bob\r'],
    ['in CR with empty ones', 'id,name\r\r1,Ann\r\r2,Bob\r\r'],
    ['in CR, of quoted values', '"id","name"\r"1","Ann"\r"2","Bob"\r'],
    ['in CRCRLF, of quoted values', '"id","name"\r\r\n"1","Ann"\r\r\n"2","Bob"\r\r\n'],
  ])('%s are rows', async (_name, content) => {
    const source = await opened('x.csv', content)
    expect(source.types()).toEqual({ id: 'integer', name: 'text' })
    expect(await source.read()).toEqual(ROWS)
  })

  it('in CR may stand below lines that are skipped, and around line feeds in quotes', async () => {
    const source = await opened('x.csv', '# a report\r# of today\rid,name\r1,"A\nnn"\r2,"B\rob"\r', { skip: 2 })
    expect(await source.read()).toEqual([
      { id: 1, name: 'A\nnn' },
      { id: 2, name: 'B\rob' },
    ])
  })

  it.each(['\r', '\r\r\n', '\r\n', '\n'])('in %j are the same wherever the text is cut', async (end) => {
    const text = `a,b${end}1,"x${end}y"${end}2,z${end}`
    for (let cut = 0; cut <= text.length; cut++) {
      const parser = new CsvParser({
        delimiter: ',',
        quote: '"',
        escape: '"',
        nulls: new Set(['']),
        quotedNulls: false,
        skip: 0,
        fillShort: false,
      })
      const records = [
        ...parser.feed(text.slice(0, cut), false),
        ...parser.feed(text.slice(cut), false),
        ...parser.feed('', true),
      ]
      expect(records, `cut at ${cut}`).toEqual([
        ['a', 'b'],
        ['1', `x${end}y`],
        ['2', 'z'],
      ])
    }
  })

  it.each([
    ['in the middle', 'id,name\n1,Ann\r2,Bob\n3,Eve\n4,Joe\n', 1],
    ['in a file of one column', 'id\n1\r2\n3\n', 1],
    ['at the end of a value', 'id,name\n1\r,Ann\n3,Eve\n', 1],
  ])('in a lone CR among LF make their row a reject: %s', async (_name, content, count) => {
    const folder = new Folder()
    folder.write('x.csv', content)
    const source = await open({ t: { path: folder.at('x.csv'), columns: { id: 'integer' } } })
    const { good, bad } = judged(source, await source.read())
    expect(bad).toHaveLength(count)
    expect(JSON.stringify(bad)).toContain('a carriage return outside of quotes')
    expect(JSON.stringify(good)).not.toContain('\\r')
  })

  it('in a CR that is the first of all and in LF after it are an error, not a name with a CR', async () => {
    const source = await open(
      { t: { path: new Folder().write('x.csv', 'id,na\rme\n1,Ann\n2,Bob\n') } },
      { t: [{ name: 'id', type: 'integer' }] },
    )
    expect(await errorOf(source.read())).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringMatching(/first line with a carriage return only.*one kind of line ending/),
    })
  })
})

describe('the end of a file', () => {
  it.each([
    ['behind the last line end', 'id,name\r\n1,Ann\r\n2,Bob\r\n\x1a'],
    ['behind the last value', 'id,name\r\n1,Ann\r\n2,Bob\x1a'],
  ])('may be marked as DOS does it: %s', async (_name, content) => {
    expect(await (await opened('x.csv', content)).read()).toEqual(ROWS)
  })

  it('is no mark where more follows, nor in NDJSON a record', async () => {
    expect(await (await opened('x.csv', 'a,b\n1,x\x1a\n2,\x1a\x1ay\n')).read()).toEqual([
      { a: 1, b: 'x\x1a' },
      { a: 2, b: '\x1a\x1ay' },
    ])
    expect(await (await opened('x.ndjson', '{"a":1}\n\x1a')).read()).toEqual([{ a: 1 }])
  })

  it('in a short row is said to be either, and named what to do for each', async () => {
    const folder = new Folder()
    folder.write('x.csv', 'id,name,note\n1,Ann,x\n2,Bob')
    const known = { t: [{ name: 'id', type: 'integer' as const }] }
    const source = await open({ t: { path: folder.at('x.csv') } }, known)
    const { message } = await errorOf(source.read())
    expect(message).toMatch(/row of 2 values where 3 are expected, without a line end \(line 3\)/)
    expect(message).toMatch(/if the file is cut off, write it again in full; .* "shortRows": "fill"/)
    const filled = await open({ t: { path: folder.at('x.csv'), shortRows: 'fill' } }, known)
    expect(await filled.read()).toHaveLength(2)
  })
})

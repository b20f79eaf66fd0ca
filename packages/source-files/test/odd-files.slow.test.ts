import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Folder, open, opened, type Row } from './harness.ts'

describe('odd files that are right', () => {
  it.each<[string, string, string | Uint8Array, Row[], Record<string, unknown>?]>([
    ['a byte order mark', 'x.csv', '\ufeffa,b\n1,2\n', [{ a: 1, b: 2 }]],
    ['a byte order mark before NDJSON', 'x.ndjson', '\ufeff{"a":1}\n', [{ a: 1 }]],
    [
      'CRLF, LF and no end of line',
      'x.csv',
      'a,b\r\n1,"x\r\ny"\r\n2,z\n3,w',
      [
        { a: 1, b: 'x\r\ny' },
        { a: 2, b: 'z' },
        { a: 3, b: 'w' },
      ],
    ],
    ['line breaks in a header', 'x.csv', '"a\nb",c\n1,2\n', [{ 'a\nb': 1, c: 2 }]],
    ['a quote in the middle', 'x.csv', 'a,b\n1,x"y"z\n', [{ a: 1, b: 'x"y"z' }]],
    ['duplicate and empty headers', 'x.csv', 'a,a,,a_2\n1,2,3,4\n', [{ a: 1, a_3: 2, column_3: 3, a_2: 4 }]],
    ['headers that differ only in case', 'x.csv', 'id,ID\n1,2\n', [{ id: 1, ID: 2 }]],
    ['empty lines', 'x.csv', 'a,b\n\n1,2\n\n', [{ a: 1, b: 2 }]],
    ['an empty line in a file of one column', 'x.csv', 'a\n1\n\n2\n', [{ a: 1 }, { a: null }, { a: 2 }]],
    ['no header', 'x.csv', '1,x\n', [{ column_1: 1, column_2: 'x' }], { header: false }],
    ['no header, names from the config', 'x.csv', '1,x\n', [{ id: 1, name: 'x' }], { header: ['id', 'name'] }],
    ['lines before the header', 'x.csv', '# report\n\na;b\n1;2\n', [{ a: 1, b: 2 }], { skip: 2, delimiter: ';' }],
    [
      'words that mean NULL',
      'x.csv',
      'a,b\nNA,"NA"\n,1\n',
      [
        { a: null, b: 'NA' },
        { a: '', b: '1' },
      ],
      { nullString: 'NA' },
    ],
    ['backslash escapes', 'x.csv', 'a,b\n1,"x\\"y\\\\"\n', [{ a: 1, b: 'x"y\\' }], { escape: '\\' }],
    [
      'quotes at both ends',
      'x.csv',
      'a,b\n1,"""x"""\n2,"""x""y"\n',
      [
        { a: 1, b: '"x"' },
        { a: 2, b: '"x"y' },
      ],
    ],
    ['a delimiter of several bytes', 'x.csv', 'a§b\n1§"""x"""\n', [{ a: 1, b: '"x"' }], { delimiter: '§' }],
    ['an empty text and NULL', 'x.csv', 'a,b\n"",\n', [{ a: '', b: null }]],
    ['no quoting', 'x.tsv', 'a\tb\n1\t"x\n', [{ a: 1, b: '"x' }], { quote: '' }],
    ['Latin-1', 'x.csv', Buffer.from('a\nn\xe9\x80\n', 'latin1'), [{ a: 'né€' }], { encoding: 'latin1' }],
    ['UTF-16', 'x.csv', Buffer.from('\ufeffa\né\n', 'utf16le'), [{ a: 'é' }], { encoding: 'utf-16' }],
    [
      'UTF-16, big endian',
      'x.csv',
      Buffer.from('\ufeffa\né\n', 'utf16le').swap16(),
      [{ a: 'é' }],
      { encoding: 'utf-16' },
    ],
    ['two gzip members', 'x.csv.gz', Buffer.concat([gzipSync('a\n1\n'), gzipSync('2\n')]), [{ a: 1 }, { a: 2 }]],
    ['a header and nothing else', 'x.csv', 'a,b\n', []],
    ['an empty array', 'x.json', ' [ ] ', []],
    ['duplicate keys', 'x.ndjson', '{"a":1,"a":2}\n', [{ a: 2 }]],
    ['hostile names', 'x.csv', '"a""; DROP","\'",constructor\n1,2,3\n', [{ 'a"; DROP': 1, "'": 2, constructor: 3 }]],
    ['NUL', 'x.csv', 'a\nx\0y\n', [{ a: 'x\0y' }]],
  ])('%s', async (_name, file, content, rows, more = {}) => {
    const source = await opened(file, content, more)
    const known = Object.fromEntries(source.tables.map((table) => [table.name, table.columns]))
    expect(source.tables.length === 0 ? [] : await source.read()).toEqual(rows)
    expect(known).toBeDefined()
  })

  it('has a column named __proto__', async () => {
    const source = await opened('x.csv', '__proto__,b\n1,2\n')
    const [row] = await source.read()
    expect(Object.entries(row!)).toEqual([
      ['__proto__', 1],
      ['b', 2],
    ])
    expect(source.table().columns.map((column) => column.name)).toEqual(['__proto__', 'b'])
  })

  it.each(['x.ndjson', 'x.json'])('leaves out a field whose name no column can have: %s', async (name) => {
    const source = await opened(name, `[{"a":1,"":2,"b\\u0000":3}]`.slice(...(name === 'x.json' ? [0] : [1, -1])))
    expect(source.types()).toEqual({ a: 'integer' })
    expect(source.warnings.filter(({ message }) => message.includes('left out'))).toHaveLength(2)
  })

  it('gives a header without rows as text columns, and an empty file no rows', async () => {
    const source = await opened('x.csv', 'a,b\n')
    expect(source.types()).toEqual({ a: 'text', b: 'text' })
    const folder = new Folder()
    folder.write('0.csv', '')
    const empty = await open({ t: { path: folder.at('0.csv') } }, { t: [{ name: 'a', type: 'integer' }] })
    expect(await empty.read()).toEqual([])
    expect(empty.types()).toEqual({ a: 'integer' })
  })

  it('is 2,000 columns wide', async () => {
    const names = Array.from({ length: 2000 }, (_, at) => `c${at}`)
    const source = await opened('x.csv', `${names.join(',')}\n${`${names.map((_, at) => at).join(',')}\n`.repeat(50)}`)
    const rows = await source.read()
    expect(rows).toHaveLength(50)
    expect(rows[49]).toEqual(Object.fromEntries(names.map((name, at) => [name, at])))
  })

  it.each(['x.csv', 'x.ndjson', 'x.json'])('has a value of 20 MB: %s', async (name) => {
    const value = `${'x'.repeat(1000)},"\n`.repeat(20 * 1024)
    const content =
      name === 'x.csv'
        ? `a,b\n1,"${value.replaceAll('"', '""')}"\n2,y\n`
        : name === 'x.json'
          ? JSON.stringify([
              { a: 1, b: value },
              { a: 2, b: 'y' },
            ])
          : `${JSON.stringify({ a: 1, b: value })}\n${JSON.stringify({ a: 2, b: 'y' })}\n`
    const source = await opened(name, content)
    const rows = await source.read()
    expect(rows.map((row) => (row['b'] as string).length)).toEqual([value.length, 1])
    expect(rows[0]!['b'] === value).toBe(true)
  })
})

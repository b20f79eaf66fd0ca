import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { bytesOf } from '../src/bytes.ts'
import { errorOf, Folder, open, opened } from './harness.ts'

const ROWS = 1000
const csv = (from: number, header = 'id,name\n'): string =>
  header + Array.from({ length: ROWS }, (_, at) => `${from + at},name ${from + at}\n`).join('')
const skippable = (bytes: Buffer, nth = 0): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt32LE(0x184d2a50 + nth, 0)
  head.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([head, bytes])
}
const summed = (text: string): Buffer => zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
/** As `zstd --seekable` and its kin write it: frames, and a table of their sizes in a frame that is skipped. */
const seekable = (...texts: string[]): Buffer => {
  const frames = texts.map(summed)
  const table = Buffer.alloc(frames.length * 8 + 9)
  for (const [at, frame] of frames.entries()) {
    table.writeUInt32LE(frame.length, at * 8)
    table.writeUInt32LE(Buffer.byteLength(texts[at]!), at * 8 + 4)
  }
  table.writeUInt32LE(frames.length, frames.length * 8)
  table.writeUInt32LE(0x8f92eab1, frames.length * 8 + 5)
  return Buffer.concat([...frames, skippable(table, 14)])
}

async function textOf(name: string, content: Buffer): Promise<string> {
  const path = new Folder().write(name, content)
  const pieces: Buffer[] = []
  for await (const piece of bytesOf(path, new AbortController().signal)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

describe('a compressed file is read to its last byte', () => {
  const first = csv(0)
  const second = csv(ROWS, '')
  it.each([
    ['two zstd frames', 'a.csv.zst', Buffer.concat([zstdCompressSync(first), zstdCompressSync(second)])],
    ['two zstd frames with checksums', 'a.csv.zst', Buffer.concat([summed(first), summed(second)])],
    [
      'zstd frames to be skipped, before, between and behind',
      'a.csv.zst',
      Buffer.concat([
        skippable(Buffer.from('about')),
        zstdCompressSync(first),
        skippable(Buffer.alloc(300_000), 15),
        zstdCompressSync(second),
        skippable(Buffer.alloc(0)),
      ]),
    ],
    ['a seekable zstd file', 'a.csv.zst', seekable(first, second)],
    ['an empty zstd frame between two', 'a.csv.zst', Buffer.concat([summed(first), summed(''), summed(second)])],
    ['two gzip members', 'a.csv.gz', Buffer.concat([gzipSync(first), gzipSync(second)])],
    ['an empty gzip member between two', 'a.csv.gz', Buffer.concat([gzipSync(first), gzipSync(''), gzipSync(second)])],
  ])('%s', async (_name, file, content) => {
    const source = await opened(file, content)
    const rows = await source.read()
    expect(rows).toHaveLength(2 * ROWS)
    expect(rows.map((row) => row['id'])).toEqual(rows.map((_, at) => at))
  })

  it('many small zstd frames', async () => {
    const lines = Array.from({ length: 500 }, (_, at) => `{"id":${at}}\n`)
    const source = await opened('a.ndjson.zst', Buffer.concat(lines.map((line) => zstdCompressSync(line))))
    expect(await source.read()).toHaveLength(500)
  })

  it.each([
    ['text behind zstd', 'a.csv.zst', Buffer.concat([summed(first), Buffer.from('more,rows\n')])],
    ['zeros behind zstd', 'a.csv.zst', Buffer.concat([summed(first), Buffer.alloc(512)])],
    ['a gzip member behind zstd', 'a.csv.zst', Buffer.concat([summed(first), gzipSync(second)])],
    ['zeros behind gzip', 'a.csv.gz', Buffer.concat([gzipSync(first), Buffer.alloc(512)])],
    ['a gzip member behind zeros', 'a.csv.gz', Buffer.concat([gzipSync(first), Buffer.alloc(512), gzipSync(second)])],
    ['text behind gzip', 'a.csv.gz', Buffer.concat([gzipSync(first), Buffer.from('more,rows\n')])],
  ])('%s is an error', async (_name, file, content) => {
    const folder = new Folder()
    folder.write(file, content)
    const source = await open({ t: { path: folder.at(file) } }, { t: [{ name: 'id', type: 'integer' }] })
    expect(await errorOf(source.read())).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringMatching(/after its compressed data|is damaged/),
    })
  })

  it.each([
    ['zst', (text: string) => summed(text)],
    ['gz', (text: string) => gzipSync(text)],
  ])('cut anywhere but between two parts it is an error: %s', async (ending, pack) => {
    const parts = [pack('a\n1\n'), skippedOr(ending), pack(`${'2\n'.repeat(50)}`)].filter((part) => part.length > 0)
    const whole = Buffer.concat(parts)
    const ends = parts.map((_, at) => Buffer.concat(parts.slice(0, at + 1)).length)
    for (let length = 0; length < whole.length; length++) {
      const read = textOf(`a.csv.${ending}`, whole.subarray(0, length))
      if (ends.includes(length)) await expect(read).resolves.toContain('a\n1\n')
      else await expect(read, `cut at ${length}`).rejects.toThrow()
    }
    expect((await textOf(`a.csv.${ending}`, whole)).length).toBe(104)
  })

  const skippedOr = (ending: string): Buffer => (ending === 'zst' ? skippable(Buffer.from('12345')) : Buffer.alloc(0))
})

describe('a file of another kind is called by its name', () => {
  it.each([
    ['gzip', gzipSync(csv(0)), /compressed with gzip.*\.gz/],
    ['zstd', zstdCompressSync(csv(0)), /compressed with zstd.*\.zst/],
    ['an Excel workbook', Buffer.concat([Buffer.from('504b030414000600', 'hex'), Buffer.alloc(200)]), /xlsx/],
    ['an old Excel workbook', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(200)]), /xls/],
    ['Parquet', Buffer.concat([Buffer.from('PAR1\x15\x04'), Buffer.alloc(200)]), /"format" to "parquet"/],
    ['xz', Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.alloc(200)]), /xz/],
    ['a page', Buffer.from('\n<!DOCTYPE html>\n<html><body>Please log in</body></html>'), /web page/],
  ])('%s', async (_name, content, message) => {
    for (const [file, more] of [
      ['orders.csv', {}],
      ['orders.csv', { encoding: 'latin1' }],
      ['orders.ndjson', {}],
      ['orders.json', {}],
    ] as const) {
      const source = await opened(file, content, more)
      const error = await errorOf(source.read())
      expect(error.message).toMatch(message)
      expect(error.message).not.toContain('latin1')
      expect(error.remedy).toBe('fix-config')
    }
  })

  it('but words that begin like one are a text', async () => {
    expect(await (await opened('a.csv', 'BZh1,PAR1\nPK,Obj\n')).read()).toEqual([{ BZh1: 'PK', PAR1: 'Obj' }])
  })
})

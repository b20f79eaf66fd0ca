import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { judged, type Opened, opened, type Row } from './harness.ts'

const problemsOf = (source: Opened, rows: readonly Row[]): string[] =>
  rows.flatMap((row) => {
    const result = (source.table().row as z.ZodObject).safeParse(row)
    return result.success ? [] : [result.error.issues[0]!.message]
  })

const QUOTED = '"id","amount","on"\n"1","2.5","2024-01-01"\n"2","",""\n"3","4.5","2024-01-03"\n'

describe('a rejected row says why, and the way out', () => {
  it('of rows that lack a column, as in a file whose last columns are left out', async () => {
    const whole = Array.from({ length: 7 }, (_, at) => `${at},name ${at},2024-01-01,2025-01-01\n`)
    const short = Array.from({ length: 37 }, (_, at) => `${at},name ${at},2024-01-01\n`)
    const text = `version,name,released,eol\n${short.join('')}${whole.join('')}`
    const source = await opened('x.csv', text)
    const rows = await source.read()
    const problems = problemsOf(source, rows)
    expect(problems).toHaveLength(37)
    expect(new Set(problems)).toEqual(
      new Set([
        '3 values where 4 are expected; to fill short rows with NULL, set "shortRows": "fill" in the table\'s config',
      ]),
    )
    const filled = await opened('x.csv', text, { shortRows: 'fill' })
    expect(judged(filled, await filled.read()).good).toHaveLength(44)
  })

  it('also where every column is json, which takes all else', async () => {
    const source = await opened('x.csv', 'a,b\n1,2\n3\n4,5\n', { columns: { a: 'json', b: 'json' } })
    const { good, bad } = judged(source, await source.read())
    expect([good.length, bad.length]).toEqual([2, 1])
  })

  it('of an empty text in quotes', async () => {
    const source = await opened('x.csv', QUOTED, { columns: { amount: 'double', on: 'date' } })
    expect(problemsOf(source, await source.read())).toEqual([
      expect.stringMatching(/empty text in quotes; set "quotedNulls": true/),
    ])
  })
})

describe('a file that quotes every value', () => {
  it('has NULL where that is asked for, and the types of its values', async () => {
    const source = await opened('x.csv', QUOTED, { quotedNulls: true })
    expect(source.types()).toEqual({ id: 'integer', amount: 'double', on: 'date' })
    expect(source.warnings).toEqual([])
    expect((await source.read())[1]).toEqual({ id: 2, amount: null, on: null })
  })

  it('and other words for NULL, in quotes or not', async () => {
    const source = await opened('x.csv', 'a,b\n"NA",1\nNA,"2"\n"","3"\n', { quotedNulls: true, nullString: ['NA', ''] })
    expect(await source.read()).toEqual([
      { a: null, b: 1 },
      { a: null, b: 2 },
      { a: null, b: 3 },
    ])
  })

  it('has no columns of text without a word', async () => {
    const source = await opened('x.csv', QUOTED)
    expect(source.types()).toEqual({ id: 'integer', amount: 'text', on: 'text' })
    expect(source.warnings.map(({ message, fields }) => [message.split(',')[0], fields])).toEqual([
      ['a column would be double', { table: 't', column: 'amount' }],
      ['a column would be date', { table: 't', column: 'on' }],
    ])
    expect(source.warnings[0]!.message).toContain('set tables.t.quotedNulls to true')
  })

  it('is not warned of where the column is one of texts, or its type was declared', async () => {
    const names = await opened('x.csv', '"id","name"\n"1","Ann"\n"2",""\n')
    const declared = await opened('x.csv', QUOTED, { columns: { amount: 'text', on: 'text' } })
    expect([names.warnings, declared.warnings]).toEqual([[], []])
  })
})

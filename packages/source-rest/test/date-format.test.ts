import { describe, expect, it } from 'vitest'
import { dateReader, formatProblem, written } from '../src/date-format.ts'
import { formatted } from '../src/time-format.ts'
import { Api, json, world } from './harness.ts'

const isoOf = (format: string, text: string): string | undefined => {
  const found = dateReader(format)(text)
  return found && `${found.date}T${found.time}${found.offset}`
}

describe('a date that is written', () => {
  it.each([
    ['%d/%m/%Y', '31/01/2024', '2024-01-31T00:00:00Z'],
    ['%d.%m.%Y %H:%M', '1.2.2024 7:05', '2024-02-01T07:05:00Z'],
    ['%m/%d/%y %I:%M %p', '01/31/24 12:05 am', '2024-01-31T00:05:00Z'],
    ['%m/%d/%y %I:%M %p', '01/31/69 12:05 PM', '1969-01-31T12:05:00Z'],
    ['%a, %d %b %Y %T %Z', 'Wed, 31 Jan 2024 10:00:00 GMT', '2024-01-31T10:00:00Z'],
    ['%e %B %Y', ' 1 September 2024', '2024-09-01T00:00:00Z'],
    ['%Y%m%dT%H%M%S%z', '20240131T100000+0530', '2024-01-31T10:00:00+05:30'],
    ['%F %T.%f%z', '2024-01-31 10:00:00.123456-08', '2024-01-31T10:00:00.123456-08:00'],
    ['%Y-%j', '2024-366', '2024-12-31T00:00:00Z'],
    ['/Date(%Q)/', '/Date(1706695200123)/', '2024-01-31T10:00:00.123Z'],
    ['%s', '-1', '1969-12-31T23:59:59.000Z'],
    ['100%% %F', '100% 2024-01-31', '2024-01-31T00:00:00Z'],
  ])('by %s as %s is read', (format, text, iso) => {
    expect(formatProblem(format)).toBeUndefined()
    expect(isoOf(format, text)).toBe(iso)
  })

  it.each([
    ['%d/%m/%Y', '30/02/2024'],
    ['%d/%m/%Y', '01/13/2024'],
    ['%d/%m/%Y', '2024-01-31'],
    ['%d/%m/%Y', '31/01/2024 10:00'],
    ['%F %H:%M', '2024-01-31 24:00'],
    ['%F %H:%M', '2024-01-31 10:60'],
    ['%F %I %p', '2024-01-31 13 PM'],
    ['%F %Z', '2024-01-31 EST'],
    ['%Y-%j', '2023-366'],
    ['%Y-%j', '2023-0'],
    ['%s', '99999999999999'],
    ['a.c %F', 'abc 2024-01-31'],
  ])('by %s as %s is refused: there is no such time, or it is written otherwise', (format, text) => {
    expect(isoOf(format, text)).toBeUndefined()
  })

  it.each([
    ['%d/%m', 'a year, a month and a day'],
    ['%Y', 'a year, a month and a day'],
    ['', 'a year, a month and a day'],
    ['%F %I:%M', '%I and %p together'],
    ['%F %K', '%K, which is not one of %Y'],
    ['%F %', '%, which is not one of'],
  ])('by %j is refused: %s', (format, problem) => {
    expect(formatProblem(format)).toContain(problem)
  })

  it('and what is written by a format is read by it', () => {
    const at = new Date('2024-09-01T23:05:09.120Z')
    for (const format of ['%FT%T.%L', '%a %e %B %Y %I:%M:%S.%f %p %z', '%s', '%Q', '%D %R', '%j %y %H %Z'])
      expect(Date.parse(isoOf(format, written(at, format))!)).toBe(Math.floor(+at / UNIT[format]!) * UNIT[format]!)
  })
})

const UNIT: Record<string, number> = {
  '%FT%T.%L': 1,
  '%a %e %B %Y %I:%M:%S.%f %p %z': 1,
  '%s': 1000,
  '%Q': 1,
  '%D %R': 60_000,
  '%j %y %H %Z': 3_600_000,
}

it('a bound that is coarser than the window asks for too much, never too little', () => {
  const bounds = (format: string, time: string) => [formatted(time, format, 'from'), formatted(time, format, 'to')]
  expect(bounds('%d/%m/%Y', '2024-02-28T10:00:00.000Z')).toEqual(['28/02/2024', '29/02/2024'])
  expect(bounds('%d/%m/%Y', '2024-02-28T00:00:00.000Z')).toEqual(['28/02/2024', '28/02/2024'])
  expect(bounds('%F %R', '2024-12-31T23:59:00.000001Z')).toEqual(['2024-12-31 23:59', '2025-01-01 00:00'])
  expect(bounds('%Q', '1970-01-01T00:00:00.001500Z')).toEqual(['1', '2'])
})

describe('a table whose dates are written in a declared way', () => {
  it('is read by them, and what is written otherwise is rejected', async () => {
    const asked: (string | null)[] = []
    const at = (day: string, time: string) => ({ changed: `${day}/01/2024 ${time}`, due: `${day}.01.24` })
    const api = await Api.open((response, { query, path }) => {
      if (path === '/t') asked.push(query.get('since'))
      json(response, [
        { id: 1, ...at('02', '08:00') },
        { id: 2, ...at('03', '09:30') },
        { id: 3, changed: '2024-01-04 10:00', due: null },
      ])
    })
    const table = {
      path: '/t',
      primaryKey: ['id'],
      cursor: 'changed',
      params: { since: '{from:%d/%m/%Y}' },
      columns: {
        id: 'integer',
        changed: { type: 'timestamp', format: ['%d/%m/%y', '%d/%m/%Y %H:%M'] },
        due: { format: '%d.%m.%y' },
        month: { at: 'due', format: '%d.%m.%y', type: 'local_timestamp' },
      },
      infer: false,
    }
    const { run, rows } = await world()
    const config = { baseUrl: api.url, tables: { t: table } }
    const report = await run(config, { initialSyncStart: '2024-01-02T12:00:00Z' })
    expect(asked[0]).toBe('02/01/2024')
    expect(report.tables[0]!.rows).toMatchObject({ written: 1, rejected: 1 })
    const [row] = await rows('SELECT id, changed, due, month FROM api_t')
    expect(JSON.stringify(row)).toMatch(/"id":2.*2024-01-03.09:30.*"due":"2024-01-03".*2024-01-03.00:00/)
  })
})

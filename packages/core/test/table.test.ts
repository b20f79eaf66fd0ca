import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { days, hours, milliseconds, minutes, seconds } from '../src/contract/duration.ts'
import { SyncError } from '../src/contract/error.ts'
import type { Question } from '../src/contract/question.ts'
import { bytes } from '../src/contract/schema.ts'
import { type Table, type TableSpec, tableOf } from '../src/contract/table.ts'

type Spec = TableSpec<never, z.ZodObject, readonly string[], string | undefined, unknown>

const row = z.object({
  id: z.int(),
  name: z.string(),
  at: z.iso.datetime(),
  local: z.iso.datetime({ local: true }),
  day: z.iso.date(),
  second: z.iso.datetime({ precision: 0 }),
  tags: z.array(z.string()),
})
async function* read() {
  yield []
}
const table = (more: Partial<Record<keyof Spec, unknown>>): Table =>
  tableOf({ name: 'issues', row, read, ...more } as Spec)

function problemOf(more: Partial<Record<keyof Spec, unknown>>): string {
  try {
    table(more)
  } catch (error) {
    expect(SyncError.is(error)).toBe(true)
    expect((error as SyncError).remedy).toBe('fix-source')
    return (error as SyncError).message
  }
  return expect.fail('the table was taken')
}

describe('a table that does not fit together', () => {
  it.each<[Partial<Record<keyof Spec, unknown>>, string]>([
    [{ name: '' }, 'table "": a table needs a name (a string)'],
    [{ name: 7 }, 'table "7": a table needs a name (a string)'],
    [{ read: undefined }, 'table "issues": read must be an async generator: async *read({ client }) { yield rows }'],
    [{ row: z.array(row) }, 'table "issues": row must be an object schema of zod 4: z.object({ id: z.int() })'],
    [{ row: undefined }, 'table "issues": row must be an object schema of zod 4: z.object({ id: z.int() })'],
    [{ row: { parse() {} } }, 'table "issues": row must be an object schema of zod 4: z.object({ id: z.int() })'],
    [
      { row: z.object({ id: z.string().transform(Number) }) },
      'table "issues": column "id" ends in a bare .transform(), whose result has no schema; declare its type with .pipe(), as in .transform(…).pipe(z.string())',
    ],
    [
      { primaryKey: ['nope'] },
      'table "issues": there is no column "nope"; the row has id, name, at, local, day, second, tags',
    ],
    [
      { primaryKey: ['constructor'] },
      'table "issues": there is no column "constructor"; the row has id, name, at, local, day, second, tags',
    ],
    [
      { cursor: 'nope' },
      'table "issues": there is no column "nope"; the row has id, name, at, local, day, second, tags',
    ],
    [
      { primaryKey: ['tags'] },
      'table "issues": column "tags" is json and cannot be part of the primary key; put the value that identifies the row into a column of its own',
    ],
    [
      { primaryKey: ['id', 'name', 'id'] },
      'table "issues": the primary key names a column twice; name each column once',
    ],
    [
      { cursor: 'name' },
      'table "issues": column "name" is of type text and cannot be the cursor; a cursor is a timestamp, a date or an integer',
    ],
    [
      { cursor: 'id' },
      'table "issues": the cursor "id" is an integer, so the table needs end(): the engine cannot tell from its clock where the rows end',
    ],
    [
      { cursor: 'local' },
      'table "issues": the cursor "local" is a time without an offset, so the table needs end(): the engine cannot tell from its clock where the rows end',
    ],
    [
      { cursor: 'at', nullCursor: 'keep' },
      'table "issues": nullCursor: "keep" needs a primary key, or rows without a cursor would be duplicated',
    ],
    [{ globalKey: true }, 'table "issues": globalKey needs a primary key; name its columns'],
    [
      { primaryKey: ['id'], cursor: 'at', keyRanges: { column: 'id', bounds: () => [] } },
      'table "issues": "keyRanges" cuts a full refresh, and a table with a cursor is read by windows; leave it out',
    ],
    [
      { keyRanges: { column: 'id', bounds: () => [] } },
      'table "issues": keyRanges: column "id" is not part of the primary key (none); only a value that a row keeps can cut the table',
    ],
    [
      { primaryKey: ['name'], keyRanges: { column: 'id', bounds: () => [] } },
      'table "issues": keyRanges: column "id" is not part of the primary key (name); only a value that a row keeps can cut the table',
    ],
    [
      { primaryKey: ['name'], keyRanges: { column: 'name', bounds: () => [] } },
      'table "issues": keyRanges: column "name" is of type text; ranges are cut by an integer',
    ],
    [
      { primaryKey: ['id'], keyRanges: { column: 'id', bounds: [1, 2] } },
      'table "issues": keyRanges: bounds must be a function that returns where to cut: bounds: ({ client }) => [1000n, 2000n]',
    ],
    [{ cursor: 'at', window: 5 }, `table "issues": "window" must be a duration such as days(1) or '30m'`],
    [{ cursor: 'id', end: () => 1, lookback: days(1) }, 'table "issues": "lookback" must be a count'],
    [{ cursor: 'id', end: () => 1, minAge: -1 }, 'table "issues": "minAge" must be a count'],
    [{ cursor: 'id', end: () => 1, retention: 1.5 }, 'table "issues": "retention" must be a count'],
    [
      { cursor: 'day', window: hours(23) },
      'table "issues": the window is shorter than the smallest step of its cursor; make it days(1) or more',
    ],
    [
      { cursor: 'second', window: milliseconds(999) },
      'table "issues": the window is shorter than the smallest step of its cursor; make it milliseconds(1000) or more',
    ],
    [
      { cursor: 'at', window: minutes(0) },
      'table "issues": the window is shorter than the smallest step of its cursor; make it milliseconds(0.001) or more',
    ],
    [
      { cursor: 'id', end: () => 1, window: 0 },
      'table "issues": the window is shorter than the smallest step of its cursor; make it 1 or more',
    ],
    [
      { cursor: 'at', start: '2024-01-01' },
      'table "issues": start is not a valid timestamp: 2024-01-01; write it like 1970-01-01T00:00:00Z',
    ],
    [
      { cursor: 'at', end: () => '2024-01-01T00:00:00Z', clock: () => '2024-01-01T00:00:00Z' },
      'table "issues": "clock" is for a cursor that is a time, in a table without end(); leave one of the two out',
    ],
    [{ cursor: 'day', start: 'May' }, 'table "issues": start is not a valid date: May; write it like 1970-01-01'],
    [{ cursor: 'id', end: () => 1, start: '7' }, 'table "issues": start is not a valid integer: 7; write it like 0'],
  ])('%j names the table, the problem and the way out', (more, message) => {
    expect(problemOf(more)).toBe(message)
  })

  it.each([
    'window',
    'lookback',
    'minAge',
    'retention',
    'ordered',
    'start',
    'end',
    'clock',
    'nullCursor',
    'deletions',
  ] as const)('"%s" without a cursor', (name) => {
    expect(problemOf({ [name]: name === 'end' || name === 'clock' ? () => 1 : 'x' })).toBe(
      `table "issues": "${name}" needs a cursor; name the column that the table is read by, or leave it out`,
    )
  })
})

describe('a table', () => {
  it('that says nothing is read whole, and nothing is assumed of it', () => {
    expect(table({})).toMatchObject({
      kind: 'table',
      name: 'issues',
      primaryKey: [],
      cursor: undefined,
      partitions: undefined,
      window: undefined,
      lookback: 0n,
      minAge: 0n,
      retention: undefined,
      ordered: undefined,
      nullCursor: 'reject',
      globalKey: false,
      immutable: false,
      deletions: undefined,
      keyRanges: undefined,
      aliases: [],
      start: undefined,
      end: undefined,
      revision: undefined,
    })
  })

  it('with a timestamp cursor settles for a minute and looks back ten, unless it says otherwise', () => {
    expect(table({ cursor: 'at' })).toMatchObject({ lookback: 600_000_000n, minAge: 60_000_000n })
    expect(table({ cursor: 'at', lookback: minutes(0), minAge: minutes(0) })).toMatchObject({
      lookback: 0n,
      minAge: 0n,
    })
    for (const cursor of ['day', 'local', 'id']) {
      expect(table({ cursor, end: () => undefined })).toMatchObject({ lookback: 0n, minAge: 0n })
    }
  })

  it('measures every length in its cursor’s own unit', () => {
    const lengths = { window: days(2), lookback: hours(1), minAge: seconds(1), retention: days(30) }
    expect(table({ cursor: 'at', ...lengths })).toMatchObject({
      window: 172_800_000_000n,
      lookback: 3_600_000_000n,
      minAge: 1_000_000n,
      retention: 2_592_000_000_000n,
    })
    const counts = { window: 1000, lookback: 10n, minAge: 0, retention: 2 ** 53 - 1 }
    expect(table({ cursor: 'id', end: () => 1, ...counts })).toMatchObject({
      window: 1000n,
      lookback: 10n,
      minAge: 0n,
      retention: BigInt(2 ** 53 - 1),
    })
  })

  it('has windows of whole steps of its cursor, because no bound between two values can be written', () => {
    expect(table({ cursor: 'day', window: hours(36) }).window).toBe(86_400_000_000n)
    expect(table({ cursor: 'second', window: milliseconds(2500) }).window).toBe(2_000_000n)
    expect(table({ cursor: 'second', start: '2024-01-01T00:00:00.9Z' }).start).toBe(1_704_067_200_000_000n)
  })

  it('takes a start as a value or as a question', () => {
    expect(table({ cursor: 'at', start: '2024-01-01T00:00:00Z' }).start).toBe(1_704_067_200_000_000n)
    expect(table({ cursor: 'day', start: '2024-01-01' }).start).toBe(1_704_067_200_000_000n)
    expect(table({ cursor: 'id', end: () => 9, start: 1 }).start).toBe(1n)
    const ask = () => '2024-01-01T00:00:00Z'
    expect(table({ cursor: 'at', start: ask }).start).toBe(ask)
  })

  it('keeps its own functions bound, so that `this` is what its author wrote', async () => {
    const spec = {
      name: 'bound',
      row,
      cursor: 'at',
      page: [{ id: 1 }],
      end() {
        return `${this.name}-end`
      },
      revision() {
        return this.name
      },
      async *read() {
        yield this.page
      },
    }
    const { end, revision, read } = tableOf(spec as unknown as Spec)
    const question = {} as Question
    expect(end!(question)).toBe('bound-end')
    expect(revision!(question)).toBe('bound')
    for await (const page of read(question)) expect(page).toBe(spec.page)
  })

  it('says whether its rows change, and whether it learns of deletions', () => {
    expect(table({ immutable: true })).toMatchObject({ immutable: true, deletions: undefined })
    expect(table({ cursor: 'at', deletions: 'unseen' })).toMatchObject({ immutable: false, deletions: 'unseen' })
  })

  it('may have a key of anything but json', () => {
    const keys = z.object({ b: bytes(), d: z.iso.date(), t: z.date(), f: z.number(), e: z.enum(['x']) })
    expect(table({ row: keys, primaryKey: ['b', 'd', 't', 'f', 'e'] }).primaryKey).toEqual(['b', 'd', 't', 'f', 'e'])
  })
})

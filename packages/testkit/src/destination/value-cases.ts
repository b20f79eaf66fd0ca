import { bytes, numeric } from '@tidemark/core'
import type { ColumnType } from '@tidemark/core/engine'
import { z } from 'zod'

const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)
const anyZone = z.iso.datetime({ offset: true })

/** A schema, what goes in, and what comes out (the same, where it is absent). */
export type Case = readonly [name: string, schema: z.ZodType, given: unknown, read?: unknown]

// Texts that a careless driver or statement would change: E17, E20, E12.
export const TEXTS = [
  '',
  '00123',
  '1e3',
  ' 42 ',
  'TRUE',
  'null',
  '2024-01-01',
  "', NULL'); DROP TABLE x; --",
  '\\',
  '$1',
  '?',
  ':now',
  '/*',
  'é',
  'e\u0301',
  '👩‍👩‍👧',
  'שלום',
  'İi',
  '\u200b',
  '\ufeff',
  'a\tb\r\nc',
  '\u0001',
]

export const REPRESENTABLE: readonly Case[] = [
  ...TEXTS.map((text): Case => [`text ${JSON.stringify(text)}`, z.string(), text]),
  ['text of a megabyte', z.string(), 'x'.repeat(1_048_576)],
  ...[0, 1, -1, 2 ** 31 - 1, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER].map(
    (n): Case => [`integer ${n}`, z.int(), n, BigInt(n)],
  ),
  ...[2n ** 53n + 1n, INT64_MAX, INT64_MIN].map((n): Case => [`integer ${n}`, z.bigint(), n]),
  ['integer -0', z.int(), -0, 0n],
  ...[0.5, -1.25, 5, 1e308, -1.7976931348623157e308, 5e-324, 0.1 + 0.2].map(
    (n): Case => [`double ${n}`, z.number(), n],
  ),
  ['numeric', numeric(), '50000.0000000000000001'],
  ['numeric of 38 digits', numeric(), '-99999999999999999999999999999999999999'],
  ...['99999999999999999999999999999999999999', `1${'0'.repeat(38)}`, `1${'0'.repeat(37)}1`].flatMap((n): Case[] => [
    [`numeric ${n}`, numeric(), n],
    [`numeric -${n}`, numeric(), `-${n}`],
  ]),
  ['numeric of 1000 digits', numeric(), `-${'1234567890'.repeat(50)}.${'0987654321'.repeat(50)}`],
  ['numeric between groups of digits', numeric(), '10000.00010000'],
  ['numeric of a small fraction', numeric(), '0.0000000000000000001'],
  ['numeric beyond every double', numeric(), `1${'0'.repeat(39)}`],
  ['numeric keeps its scale', numeric(), '12.3400'],
  ...(
    [
      ['007.50', '7.50'],
      ['.5', '0.5'],
      ['1.', '1'],
      ['-0', '0'],
      ['-0.00', '0.00'],
      ['-.50', '-0.50'],
      ['000', '0'],
    ] as const
  ).map(([given, read]): Case => [`numeric ${given}`, numeric(), given, read]),
  ['true', z.boolean(), true],
  ['false', z.boolean(), false],
  ['timestamp', z.iso.datetime(), '2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000000Z'],
  ['timestamp of milliseconds', z.iso.datetime(), '2024-01-01T00:00:00.123Z', '2024-01-01T00:00:00.123000Z'],
  ['timestamp of nanoseconds, cut', z.iso.datetime(), '2024-01-01T00:00:00.123456999Z', '2024-01-01T00:00:00.123456Z'],
  ['timestamp before 1970, cut down', z.iso.datetime(), '1969-12-31T23:59:59.9999999Z', '1969-12-31T23:59:59.999999Z'],
  ['timestamp of the year 0', z.iso.datetime(), '0000-02-29T23:59:59.999999Z'],
  ['timestamp of the first moment', z.iso.datetime(), '0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000000Z'],
  ['timestamp around 2000', z.iso.datetime(), '1999-12-31T23:59:59.999999Z'],
  ['timestamp of the year 1', z.iso.datetime(), '0001-01-01T00:00:00.5Z', '0001-01-01T00:00:00.500000Z'],
  ['timestamp of the year 9999', z.iso.datetime(), '9999-12-31T23:59:59.999999Z'],
  ['timestamp with an offset', anyZone, '2024-01-01T00:30:00+05:45', '2023-12-31T18:45:00.000000Z'],
  ['timestamp of minutes', z.iso.datetime({ precision: -1 }), '2024-01-01T00:30Z', '2024-01-01T00:30:00.000000Z'],
  ['timestamp from a Date', z.date(), new Date(-1), '1969-12-31T23:59:59.999000Z'],
  ['local timestamp', z.iso.datetime({ local: true }), '2024-03-31T02:30:00', '2024-03-31T02:30:00.000000'],
  ['local timestamp of minutes', z.iso.datetime({ local: true }), '2024-03-31T02:30', '2024-03-31T02:30:00.000000'],
  ['local timestamp of the year 0', z.iso.datetime({ local: true }), '0000-01-01T00:00:00.000001'],
  ['local timestamp of the year 9999', z.iso.datetime({ local: true }), '9999-12-31T23:59:59.999999'],
  ['date', z.iso.date(), '2024-02-29'],
  ...['0000-01-01', '0000-02-29', '1999-12-31', '2000-01-01', '9999-12-31'].map(
    (day): Case => [`date ${day}`, z.iso.date(), day],
  ),
  ['date of the year 1', z.iso.date(), '0001-01-01'],
  ...[[], [1, 'a'], {}, { a: { b: [null, true] } }, 'text', '', 5, false, [2 ** 53 + 2], { __proto_: 1 }].map(
    (json): Case => [`json ${JSON.stringify(json)}`, z.any(), json],
  ),
  ...[
    1e21,
    1e308,
    -1.7976931348623157e308,
    5e-324,
    0.1 + 0.2,
    123456789012345680000,
    [1e21, -1e-7],
    ' ',
    'null',
    [null],
  ].map((json): Case => [`json of numbers ${JSON.stringify(json)}`, z.any(), json]),
  ['json of -0', z.any(), [-0], [0]],
  ['json of names that objects have', z.any(), JSON.parse('{"__proto__":{"a":1},"constructor":2,"":3,"z":4,"a":5}')],
  [
    'json of what is no JSON by itself',
    z.any(),
    { at: new Date(0), none: undefined },
    { at: '1970-01-01T00:00:00.000Z' },
  ],
  ['json with integers beyond a double', z.any(), [2n ** 53n + 1n, -(2n ** 70n)]],
  ['json of unusual texts', z.any(), { 'a"\\u0000': '\\ud800 \\" 👍' }],
  ['json null is NULL', z.any(), null],
  ['bytes', bytes(), new Uint8Array([0, 1, 255])],
  ['all bytes', bytes(), Uint8Array.from({ length: 256 }, (_, at) => at)],
  ['bytes of a view', bytes(), Buffer.from('xxabcxx').subarray(2, 5), new Uint8Array([97, 98, 99])],
  ['no bytes', bytes(), new Uint8Array([])],
  ['a Buffer', bytes(), Buffer.from('abc'), new Uint8Array([97, 98, 99])],
  ['null', z.string().nullable(), null],
  ['absent', z.string().optional(), undefined, null],
  ['a default', z.string().default('d'), undefined, 'd'],
  [
    'what a pipe gives',
    z
      .string()
      .transform((text) => text.length)
      .pipe(z.int()),
    'four',
    4n,
  ],
  ['an enum', z.enum(['a', 'b']), 'b'],
]

/** Values that no destination holds: a row with one becomes a rejected row, and never another value. */
export const UNFIT: readonly (readonly [name: string, type: ColumnType, given: unknown])[] = [
  ['NUL in a text', 'text', 'a\0b'],
  ['half a surrogate pair', 'text', 'a\ud800'],
  ['NUL in json', 'json', { a: ['\0'] }],
  ['NUL in a name in json', 'json', { 'a\0': 1 }],
  ['half a surrogate pair in json', 'json', ['\udc00']],
  ['NaN in json', 'json', { a: [Number.NaN] }],
  [
    'a cycle',
    'json',
    (() => {
      const cycle: unknown[] = []
      cycle.push(cycle)
      return cycle
    })(),
  ],
  ['an integer beyond 64 bits', 'integer', INT64_MAX + 1n],
  ['an integer below 64 bits', 'integer', INT64_MIN - 1n],
  ['a fraction as an integer', 'integer', 1.5],
  ['a text as an integer', 'integer', '1'],
  ['an impossible day', 'date', '2023-02-29'],
  ['an instant without an offset', 'timestamp', '2024-01-01T00:00:00'],
  ['a local time with an offset', 'local_timestamp', '2024-01-01T00:00:00Z'],
  ['an invalid Date', 'timestamp', new Date(Number.NaN)],
  ['an instant after the year 9999', 'timestamp', new Date(Date.UTC(10_000, 0, 1))],
  ['an instant that its offset puts before the year 0', 'timestamp', '0000-01-01T00:00:00+01:00'],
  ['a leap second', 'timestamp', '2016-12-31T23:59:60Z'],
  ['a number with an exponent', 'numeric', '1e5'],
  ['a number as a boolean', 'boolean', 1],
  ['a word as a boolean', 'boolean', 'TRUE'],
  ['a word as an integer', 'integer', 'foo'],
  ['an unsafe number as an integer', 'integer', 2 ** 53],
  ['a number as a text', 'text', 5],
  ['a Date as a text', 'text', new Date(0)],
  ['an object as a text', 'text', {}],
  ['bytes as a text', 'text', Buffer.from('a')],
  ['a text as bytes', 'bytes', 'abc'],
  ['words of two bytes as bytes', 'bytes', new Uint16Array([1])],
  ['a text as a double', 'double', '1.5'],
  ['a bigint as a double', 'double', 5n],
  ['no number as a numeric', 'numeric', 'NaN'],
  ['infinity as a numeric', 'numeric', 'Infinity'],
  ['NaN as a numeric', 'numeric', Number.NaN],
  ['a number as a timestamp', 'timestamp', 5],
  ['a Date as a local timestamp', 'local_timestamp', new Date(0)],
  ['bytes as json', 'json', Buffer.from([1, 2])],
  ['a Date as a date', 'date', new Date(0)],
  ['a day after the year 9999', 'date', '10000-01-01'],
  ['a day before the year 0', 'date', '-0001-01-01'],
  ['an instant of a year with a sign', 'timestamp', '+010000-01-01T00:00:00Z'],
  ['a function in json', 'json', () => 1],
  ['a symbol in json', 'json', Symbol('x')],
  ['infinity in json', 'json', [Infinity]],
]

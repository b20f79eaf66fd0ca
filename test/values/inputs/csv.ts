import {
  bytes,
  date,
  digits,
  double,
  type Examples,
  instant,
  json,
  local,
  NULL,
  number,
  text,
  truth,
} from '../example.ts'

const LONG = 'ä'.repeat(3_000_000)
const NESTED = '{"b":[1,{"c":null}],"a":"x"}'

/** Values of CSV files: each is what stands between two delimiters. */
export const CSV: Examples = {
  'integers of 53 bits': [
    { given: '9007199254740991', means: number('9007199254740991') },
    { given: '007', means: text('007') },
    { given: ' 007', means: number('7'), declared: 'integer' },
    { given: '1.5', means: number('1.5'), declared: 'integer' },
  ],
  'integers beyond 53 bits': [
    { given: '9007199254740993', means: number('9007199254740993') },
    { given: '-9007199254740992', means: number('-9007199254740992') },
    { given: '9007199254740993', means: number('9007199254740993'), declared: 'double' },
  ],
  'the ends of 64 bits': [
    { given: '9223372036854775807', means: number('9223372036854775807') },
    { given: '-9223372036854775808', means: number('-9223372036854775808') },
  ],
  'integers beyond 64 bits': [
    { given: '9223372036854775808', means: number('9223372036854775808') },
    { given: `-${digits(76)}`, means: number(`-${digits(76)}`) },
    { given: '18446744073709551615', means: number('18446744073709551615'), declared: 'integer' },
  ],
  decimals: [
    { given: '12.50', means: number('12.50') },
    { given: '1e3', means: text('1e3') },
    { given: '+.5', means: number('0.5'), declared: 'numeric' },
    { given: '-1.5E-3', means: number('-0.0015'), declared: 'numeric' },
    { given: '1,5', means: text('1,5'), config: { delimiter: ';' } },
  ],
  'decimals of 38 digits': [{ given: `${digits(28)}.${digits(10)}`, means: number(`${digits(28)}.${digits(10)}`) }],
  'decimals of 76 digits': [
    { given: `-${digits(38)}.${digits(38)}`, means: number(`-${digits(38)}.${digits(38)}`) },
    { given: `0.${digits(76)}`, means: number(`0.${digits(76)}`) },
  ],
  doubles: [
    { given: '0.1', means: number('0.1') },
    { given: '5e-324', means: double(5e-324), declared: 'double' },
    { given: '1.7976931348623157e308', means: double(Number.MAX_VALUE), declared: 'double' },
    { given: '1e400', means: number('1e400'), declared: 'double' },
    { given: '1e-400', means: number('1e-400'), declared: 'double' },
    { given: '0.1000000000000000055', means: number('0.1000000000000000055'), declared: 'double' },
  ],
  infinity: [
    { given: 'inf', means: text('inf') },
    { given: '-Infinity', means: double(Number.NEGATIVE_INFINITY), declared: 'double' },
    { given: 'Infinity', means: double(Number.POSITIVE_INFINITY), declared: 'numeric' },
  ],
  NaN: [
    { given: 'NaN', means: text('NaN') },
    { given: 'nan', means: double(Number.NaN), declared: 'double' },
  ],
  'minus zero': [
    { given: '-0', means: text('-0') },
    { given: '-0.0', means: number('0') },
    { given: '-0', means: double(0), declared: 'double' },
  ],
  dates: [
    { given: '2024-02-29', means: date('2024-02-29') },
    { given: '0000-01-01', means: date('0000-01-01') },
    { given: '9999-12-31', means: date('9999-12-31') },
    { given: '31.01.2024', means: text('31.01.2024') },
  ],
  'dates BC': [
    { given: '0044-03-15 BC', means: text('0044-03-15 BC') },
    { given: '-0043-03-15', means: date('-0043-03-15'), declared: 'date' },
  ],
  'zero dates': [
    { given: '0000-00-00', means: text('0000-00-00') },
    { given: '0000-00-00', means: date('0000-00-00'), declared: 'date' },
  ],
  'the year 10000': [
    { given: '10000-01-01', means: text('10000-01-01') },
    { given: '10000-01-01', means: date('10000-01-01'), declared: 'date' },
  ],
  'infinite dates': [
    { given: 'infinity', means: text('infinity') },
    { given: 'infinity', means: text('infinity'), declared: 'date' },
  ],
  instants: [
    { given: '2024-01-31T12:00:00.123456Z', means: instant('2024-01-31T12:00:00.123456Z') },
    { given: '2024-01-31 12:00:00+0530', means: instant('2024-01-31T12:00:00+05:30') },
    { given: '2024-01-31 12:00 UTC', means: instant('2024-01-31T12:00:00Z') },
    { given: '2024-01-31 12:00:00', means: instant('2024-01-31T12:00:00Z'), declared: 'timestamp' },
    {
      given: 'Sun, 01 Nov 2026 10:00:00 +0000',
      means: text('Sun, 01 Nov 2026 10:00:00 +0000'),
      config: { delimiter: ';' },
    },
  ],
  'times without a zone': [
    { given: '2024-03-31 02:30:00', means: local('2024-03-31T02:30:00') },
    { given: '2024-03-31T02:30:00.000001', means: local('2024-03-31T02:30:00.000001') },
  ],
  'instants beyond 9999': [
    { given: '10000-01-01T00:00:00Z', means: text('10000-01-01T00:00:00Z') },
    { given: '9999-12-31T23:59:59-01:00', means: instant('9999-12-31T23:59:59-01:00') },
    { given: '0000-01-01T00:00:00+01:00', means: instant('0000-01-01T00:00:00+01:00') },
    { given: '10000-01-01T00:00:00Z', means: instant('10000-01-01T00:00:00Z'), declared: 'timestamp' },
  ],
  nanoseconds: [
    { given: '2024-01-31T12:00:00.123456789Z', means: instant('2024-01-31T12:00:00.123456789Z') },
    { given: '1969-12-31T23:59:59.999999999Z', means: instant('1969-12-31T23:59:59.999999999Z') },
    { given: '2024-01-31T12:00:00.123456789Z', means: text('2024-01-31T12:00:00.123456789Z'), declared: 'text' },
  ],
  'times of day': [
    { given: '04:05:06.789', means: text('04:05:06.789') },
    { given: '24:00:00', means: text('24:00:00') },
    { given: '2016-12-31T23:59:60Z', means: text('2016-12-31T23:59:60Z') },
  ],
  intervals: [{ given: 'P1Y2M3DT4H5M6.789S', means: text('P1Y2M3DT4H5M6.789S') }],
  'days that do not exist': [
    { given: '2024-02-30', means: text('2024-02-30') },
    { given: '2023-02-29', means: date('2023-02-29'), declared: 'date' },
    { given: '2024-13-01T00:00:00Z', means: text('2024-13-01T00:00:00Z') },
  ],
  'empty texts and NULL': [
    { shown: '(nothing)', given: '', means: NULL },
    { given: '""', means: text('') },
    { given: '""', means: NULL, declared: 'integer', config: { quotedNulls: true } },
    { given: '""', means: text(''), declared: 'integer' },
    { given: 'NULL', means: text('NULL') },
    { given: '\\N', means: NULL, config: { nullString: ['', '\\N'] } },
  ],
  NUL: [{ shown: 'a, NUL, b', given: 'a\0b', means: text('a\0b') }],
  'unpaired surrogates': [
    { shown: 'bytes ed a0 80', given: '\u00ed\u00a0\u0080', means: text('\ud800'), config: { bytes: true } },
    { shown: 'UTF-16, d800 alone', given: '\ud800', means: text('\ud800'), config: { encoding: 'utf-16' } },
  ],
  'bytes that are not text': [
    { shown: 'byte ff', given: '\u00ff', means: text('\u00ff'), config: { bytes: true } },
    { shown: 'byte ff in Latin-1', given: '\u00ff', means: text('ÿ'), config: { bytes: true, encoding: 'latin1' } },
    {
      shown: 'byte ff in Shift_JIS',
      given: '\u00ff',
      means: text('\u00ff'),
      config: { bytes: true, encoding: 'shift_jis' },
    },
  ],
  'very long texts': [{ shown: 'ä, 3,000,000 times', given: LONG, means: text(LONG) }],
  'characters beyond 16 bits': [{ given: '👩‍🚀 𝒜', means: text('👩‍🚀 𝒜') }],
  booleans: [
    { given: 'true', means: truth(true) },
    { given: 'false', means: truth(false) },
  ],
  'other spellings of booleans': [
    { given: 'TRUE', means: text('TRUE') },
    { given: 'Yes', means: truth(true), declared: 'boolean' },
    { given: '0', means: truth(false), declared: 'boolean' },
    { given: 'on', means: text('on'), declared: 'boolean' },
  ],
  enums: [{ given: 'ok', means: text('ok') }],
  'structs and maps': [
    { given: `"${NESTED.replaceAll('"', '""')}"`, means: text(NESTED) },
    { given: `"${NESTED.replaceAll('"', '""')}"`, means: json(NESTED), declared: 'json' },
    { given: "{'a': 1}", means: text("{'a': 1}"), declared: 'json' },
  ],
  arrays: [{ given: '"[1,null,[2]]"', means: json('[1,null,[2]]'), declared: 'json' }],
  variants: [{ given: '5', means: json('5'), declared: 'json' }],
  'numbers inside JSON': [
    {
      given: '{"n":12345678901234567890.123456789}',
      means: json('{"n":12345678901234567890.123456789}'),
      declared: 'json',
    },
    { given: '[1e400]', means: json('[1e400]'), declared: 'json' },
  ],
  bytes: [
    { given: 'AP8Q', means: bytes('00ff10'), declared: 'bytes' },
    { given: 'AP8', means: text('AP8'), declared: 'bytes' },
  ],
  'bit strings': [
    { given: '0101', means: text('0101') },
    { given: '1010', means: number('1010') },
  ],
  geometry: [{ given: 'POINT (1 2)', means: text('POINT (1 2)') }],
  ranges: [{ given: '"[1,10)"', means: text('[1,10)') }],
  money: [
    { given: '"$1,234.50"', means: text('$1,234.50') },
    { given: '1234.50', means: number('1234.50') },
  ],
  uuid: [{ given: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', means: text('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11') }],
  'network addresses': [{ given: '10.0.0.1/8', means: text('10.0.0.1/8') }],
}

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

/** Values of JSON, as a file or an API writes them. */
export const JSON_VALUES: Examples = {
  'integers of 53 bits': [
    { given: '9007199254740991', means: number('9007199254740991') },
    { given: '"7"', means: text('7') },
    { given: '"7"', means: number('7'), declared: 'integer' },
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
    { given: '18446744073709551615', means: number('18446744073709551615') },
    { given: `-${digits(76)}`, means: number(`-${digits(76)}`) },
    { given: '18446744073709551615', means: number('18446744073709551615'), declared: 'integer' },
  ],
  decimals: [
    { given: '12.50', means: number('12.5') },
    { given: '12.50', means: number('12.50'), declared: 'numeric' },
    { given: '1e3', means: number('1000') },
  ],
  'decimals of 38 digits': [{ given: `${digits(28)}.${digits(10)}`, means: number(`${digits(28)}.${digits(10)}`) }],
  'decimals of 76 digits': [
    { given: `-${digits(38)}.${digits(38)}`, means: number(`-${digits(38)}.${digits(38)}`) },
    { given: `"${digits(76)}"`, means: number(digits(76)), declared: 'numeric' },
  ],
  doubles: [
    { given: '0.1', means: number('0.1') },
    { given: '5e-324', means: double(5e-324) },
    { given: '1.7976931348623157e308', means: double(Number.MAX_VALUE) },
    { given: '1e400', means: number('1e400') },
    { given: '1e400', means: number('1e400'), declared: 'double' },
    { given: '1e-400', means: number('1e-400'), declared: 'double' },
    { given: '0.1000000000000000055', means: number('0.1000000000000000055') },
  ],
  infinity: [
    { given: '"Infinity"', means: text('Infinity') },
    { given: '"Infinity"', means: double(Number.POSITIVE_INFINITY), declared: 'double' },
    { given: 'Infinity', means: double(Number.POSITIVE_INFINITY) },
  ],
  NaN: [
    { given: '"NaN"', means: text('NaN') },
    { given: 'NaN', means: double(Number.NaN) },
  ],
  'minus zero': [{ given: '-0', means: double(0) }],
  dates: [
    { given: '"2024-02-29"', means: date('2024-02-29') },
    { given: '"0000-01-01"', means: date('0000-01-01') },
    { given: '"9999-12-31"', means: date('9999-12-31') },
    { given: '20240229', means: number('20240229') },
  ],
  'dates BC': [
    { given: '"-0043-03-15"', means: text('-0043-03-15') },
    { given: '"-0043-03-15"', means: date('-0043-03-15'), declared: 'date' },
  ],
  'zero dates': [
    { given: '"0000-00-00"', means: text('0000-00-00') },
    { given: '"0000-00-00"', means: date('0000-00-00'), declared: 'date' },
  ],
  'the year 10000': [
    { given: '"10000-01-01"', means: text('10000-01-01') },
    { given: '"10000-01-01"', means: date('10000-01-01'), declared: 'date' },
  ],
  'infinite dates': [{ given: '"infinity"', means: text('infinity') }],
  instants: [
    { given: '"2024-01-31T12:00:00.123456Z"', means: instant('2024-01-31T12:00:00.123456Z') },
    { given: '"2024-01-31T12:00:00+05:30"', means: instant('2024-01-31T12:00:00+05:30') },
    { given: '"2024-01-31 12:00:00"', means: instant('2024-01-31T12:00:00Z'), declared: 'timestamp' },
    { given: '"Sun, 01 Nov 2026 10:00:00 +0000"', means: text('Sun, 01 Nov 2026 10:00:00 +0000') },
  ],
  'times without a zone': [
    { given: '"2024-03-31T02:30:00"', means: local('2024-03-31T02:30:00') },
    { given: '"2024-03-31 02:30:00"', means: text('2024-03-31 02:30:00') },
  ],
  'instants beyond 9999': [
    { given: '"+010000-01-01T00:00:00Z"', means: text('+010000-01-01T00:00:00Z') },
    { given: '"9999-12-31T23:59:59-01:00"', means: instant('9999-12-31T23:59:59-01:00') },
    { given: '"0000-01-01T00:00:00+01:00"', means: instant('0000-01-01T00:00:00+01:00') },
    { given: '"10000-01-01T00:00:00Z"', means: instant('10000-01-01T00:00:00Z'), declared: 'timestamp' },
  ],
  nanoseconds: [{ given: '"2024-01-31T12:00:00.123456789Z"', means: instant('2024-01-31T12:00:00.123456789Z') }],
  'times of day': [
    { given: '"04:05:06.789"', means: text('04:05:06.789') },
    { given: '"2016-12-31T23:59:60Z"', means: text('2016-12-31T23:59:60Z') },
  ],
  intervals: [{ given: '"P1Y2M3DT4H5M6.789S"', means: text('P1Y2M3DT4H5M6.789S') }],
  'days that do not exist': [
    { given: '"2024-02-30"', means: text('2024-02-30') },
    { given: '"2024-13-01"', means: text('2024-13-01') },
    { given: '"2024-00-10"', means: date('2024-00-10'), declared: 'date' },
  ],
  'empty texts and NULL': [
    { given: 'null', means: NULL },
    { given: '""', means: text('') },
    { given: '""', means: text(''), declared: 'integer' },
    { given: '"null"', means: text('null') },
  ],
  NUL: [
    { given: '"a\\u0000b"', means: text('a\0b') },
    { given: '["a\\u0000b"]', means: json('["a\\u0000b"]') },
  ],
  'unpaired surrogates': [
    { given: '"a\\ud800"', means: text('a\ud800') },
    { given: '{"\\udc00":1}', means: json('{"\\udc00":1}') },
  ],
  'bytes that are not text': [
    { shown: '"a", byte ff', given: '"a\u00ff"', means: text('a\u00ff'), config: { bytes: true } },
  ],
  'very long texts': [{ shown: '"ä, 3,000,000 times"', given: `"${LONG}"`, means: text(LONG) }],
  'characters beyond 16 bits': [
    { given: '"👩‍🚀 𝒜"', means: text('👩‍🚀 𝒜') },
    { given: '"\\ud83d\\ude80"', means: text('🚀') },
  ],
  booleans: [
    { given: 'true', means: truth(true) },
    { given: 'false', means: truth(false) },
  ],
  'other spellings of booleans': [
    { given: '"true"', means: text('true') },
    { given: '"true"', means: truth(true), declared: 'boolean' },
    { given: '1', means: number('1') },
    { given: '"on"', means: text('on'), declared: 'boolean' },
  ],
  enums: [{ given: '"ok"', means: text('ok') }],
  'structs and maps': [
    { given: '{"b":[1,{"c":null}],"a":"x"}', means: json('{"b":[1,{"c":null}],"a":"x"}') },
    { given: '{"__proto__":{"x":1}}', means: json('{"__proto__":{"x":1}}') },
    { given: '{"a":1,"a":2}', means: json('{"a":2}') },
  ],
  arrays: [{ given: '[1,null,[2]]', means: json('[1,null,[2]]') }],
  variants: [{ given: '[1,"a",true,null,{}]', means: json('[1,"a",true,null,{}]') }],
  'numbers inside JSON': [
    { given: '{"n":12345678901234567890.123456789}', means: json('{"n":12345678901234567890.123456789}') },
    { given: '[9007199254740993,0.10000000000000000555]', means: json('[9007199254740993,0.10000000000000000555]') },
    { given: '[1e400,-1.5e-400]', means: json('[1e400,-1.5e-400]') },
  ],
  bytes: [
    { given: '"AP8Q"', means: bytes('00ff10'), declared: 'bytes' },
    { given: '"AP8"', means: text('AP8'), declared: 'bytes' },
  ],
  'bit strings': [{ given: '"0101"', means: text('0101') }],
  geometry: [
    { given: '{"type":"Point","coordinates":[1.5,2]}', means: json('{"type":"Point","coordinates":[1.5,2]}') },
  ],
  ranges: [{ given: '"[1,10)"', means: text('[1,10)') }],
  money: [{ given: '"1234.50"', means: number('1234.50'), declared: 'numeric' }],
  uuid: [{ given: '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"', means: text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11') }],
  'network addresses': [{ given: '"10.0.0.1/8"', means: text('10.0.0.1/8') }],
}

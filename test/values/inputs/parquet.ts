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

/** A file in the tests of `source-files` that DuckDB does not write: `file:<name>:<column>`. */
const WIDE = 'file:wide-decimals.parquet'
const NANOSECONDS = 'file:nanoseconds.parquet'

/** Values of Parquet: an expression of DuckDB, which writes the file, or a column of a file that is there. */
export const PARQUET: Examples = {
  'integers of 53 bits': [{ given: '9007199254740991::BIGINT', means: number('9007199254740991') }],
  'integers beyond 53 bits': [
    { given: '9007199254740993::BIGINT', means: number('9007199254740993') },
    { given: '-9007199254740992::BIGINT', means: number('-9007199254740992') },
    { given: '9007199254740993::BIGINT', means: number('9007199254740993'), declared: 'double' },
  ],
  'the ends of 64 bits': [
    { given: '9223372036854775807::BIGINT', means: number('9223372036854775807') },
    { given: '(-9223372036854775808)::BIGINT', means: number('-9223372036854775808') },
  ],
  'integers beyond 64 bits': [
    { given: '18446744073709551615::UBIGINT', means: number('18446744073709551615') },
    { given: '18446744073709551615::UBIGINT', means: number('18446744073709551615'), declared: 'integer' },
  ],
  decimals: [{ given: '(-12.5)::DECIMAL(10,2)', means: number('-12.50') }],
  'decimals of 38 digits': [
    { given: `${digits(28)}.${digits(10)}::DECIMAL(38,10)`, means: number(`${digits(28)}.${digits(10)}`) },
  ],
  'decimals of 76 digits': [
    { shown: '123.45::decimal(76,38)', given: `${WIDE}:d76`, means: number('123.45') },
    { shown: '[1.5::decimal(50,10)]', given: 'file:nested-decimals.parquet:l', means: json('[1.5]') },
  ],
  doubles: [
    { given: '0.1::DOUBLE', means: double(0.1) },
    { given: "'5e-324'::DOUBLE", means: double(5e-324) },
    { given: "'1.7976931348623157e308'::DOUBLE", means: double(Number.MAX_VALUE) },
  ],
  'floats of 32 bits': [{ given: '1.1::FLOAT', means: double(Math.fround(1.1)) }],
  infinity: [
    { given: "'-inf'::DOUBLE", means: double(Number.NEGATIVE_INFINITY) },
    { given: "['inf'::DOUBLE]", means: json('["Infinity"]') },
  ],
  NaN: [
    { given: "'nan'::DOUBLE", means: double(Number.NaN) },
    { given: "'nan'::DOUBLE", means: text('NaN'), declared: 'text' },
  ],
  'minus zero': [{ given: "'-0'::DOUBLE", means: double(0) }],
  dates: [
    { given: "DATE '2024-02-29'", means: date('2024-02-29') },
    { given: "DATE '0000-01-01'", means: date('0000-01-01') },
    { given: "DATE '9999-12-31'", means: date('9999-12-31') },
  ],
  'dates BC': [
    { given: "DATE '0044-03-15 (BC)'", means: date('-0043-03-15') },
    { given: "DATE '0044-03-15 (BC)'", means: date('-0043-03-15'), declared: 'text' },
    { given: "TIMESTAMP '0044-03-15 (BC) 00:00:00'", means: local('-0043-03-15T00:00:00') },
  ],
  'the year 10000': [
    { given: "DATE '10000-01-01'", means: date('10000-01-01') },
    { given: "DATE '10000-01-01'", means: date('10000-01-01'), declared: 'text' },
  ],
  'infinite dates': [
    { given: "DATE 'infinity'", means: text('infinity') },
    { given: "DATE '-infinity'", means: text('-infinity'), declared: 'text' },
    { given: "TIMESTAMPTZ '-infinity'", means: text('-infinity') },
    { given: "TIMESTAMP 'infinity'", means: text('infinity'), declared: 'text' },
  ],
  instants: [
    { given: "TIMESTAMPTZ '2024-01-31 12:00:00.123456+05:30'", means: instant('2024-01-31T12:00:00.123456+05:30') },
  ],
  'times without a zone': [
    { given: "TIMESTAMP '2024-03-31 02:30:00.000001'", means: local('2024-03-31T02:30:00.000001') },
    { given: "TIMESTAMP_MS '2024-03-31 02:30:00.001'", means: local('2024-03-31T02:30:00.001') },
  ],
  'instants beyond 9999': [
    { given: "TIMESTAMPTZ '10000-01-01 00:00:00+00'", means: instant('+010000-01-01T00:00:00Z') },
    {
      given: "TIMESTAMPTZ '10000-01-01 00:00:00+00'",
      means: instant('+010000-01-01T00:00:00Z', '10000-01-01T00:00:00Z'),
      declared: 'text',
    },
    { given: "TIMESTAMP '294247-01-10 04:00:54.775806'", means: local('+294247-01-10T04:00:54.775806') },
  ],
  nanoseconds: [
    {
      shown: '1969-12-31 23:59:59.999998999 in UTC',
      given: `${NANOSECONDS}:t`,
      means: instant('1969-12-31T23:59:59.999998999Z'),
    },
    { given: "TIMESTAMP_NS '2024-01-31 12:00:00.123456789'", means: local('2024-01-31T12:00:00.123456789') },
    {
      given: "TIMESTAMP_NS '2024-01-31 12:00:00.123456789'",
      means: text('2024-01-31T12:00:00.123456789'),
      declared: 'text',
    },
  ],
  'times of day': [
    { shown: '[04:05:06.789]', given: `${NANOSECONDS}:l`, means: json('["04:05:06.789"]') },
    { given: "TIME '04:05:06.789'", means: text('04:05:06.789') },
    { given: "TIMETZ '04:05:06+02'", means: text('02:05:06+00') },
  ],
  intervals: [
    { given: "INTERVAL '1 year 2 months 3 days 04:05:06.789'", means: text('1 year 2 months 3 days 04:05:06.789') },
  ],
  'empty texts and NULL': [
    { given: "''", means: text('') },
    { given: 'NULL::VARCHAR', means: NULL },
  ],
  NUL: [
    { given: "'a' || chr(0) || 'b'", means: text('a\0b') },
    { given: "['a' || chr(0)]", means: json('["a\\u0000"]') },
  ],
  'bytes that are not text': [
    { shown: 'byte ff as text', given: "text:'\\xFF'::BLOB", means: text('\u00ff') },
    { given: "'\\xFF'::BLOB", means: bytes('ff'), declared: 'text' },
  ],
  'unpaired surrogates': [
    { shown: 'bytes ed a0 80 as text', given: "text:'\\xED\\xA0\\x80'::BLOB", means: text('\ud800') },
  ],
  'very long texts': [{ given: "repeat('ä', 3000000)", means: text('ä'.repeat(3_000_000)) }],
  'characters beyond 16 bits': [{ given: "'👩‍🚀 𝒜'", means: text('👩‍🚀 𝒜') }],
  booleans: [
    { given: 'true', means: truth(true) },
    { given: 'false', means: truth(false) },
  ],
  'other spellings of booleans': [
    { given: "'yes'", means: text('yes') },
    { given: "'yes'", means: truth(true), declared: 'boolean' },
    { given: '1::INTEGER', means: truth(true), declared: 'boolean' },
  ],
  enums: [{ given: "'ok'::ENUM('sad', 'ok')", means: text('ok') }],
  'structs and maps': [
    {
      given: "{'b': [1, 2], 'a': {'c': 'x', 'd': DATE '2024-02-29'}}",
      means: json('{"b":[1,2],"a":{"c":"x","d":"2024-02-29"}}'),
    },
    { given: "MAP {'k': 1}", means: json('{"k":1}') },
    { given: "{'d': 12345678901234567890.123::DECIMAL(38,3)}", means: json('{"d":12345678901234567890.123}') },
  ],
  arrays: [{ given: '[[1, NULL], [3]]', means: json('[[1,null],[3]]') }],
  variants: [
    { given: '5::VARIANT', means: json('5') },
    { given: `'{"a":[1,"x",null,true]}'::JSON::VARIANT`, means: json('{"a":[1,"x",null,true]}') },
    {
      given: '123456789012345678901234567890.5::DECIMAL(38,1)::VARIANT',
      means: json('123456789012345678901234567890.5'),
    },
  ],
  'numbers inside JSON': [
    { given: `'{"n":12345678901234567890.123456789}'::JSON`, means: json('{"n":12345678901234567890.123456789}') },
    { given: `'[1e400]'::JSON`, means: json('[1e400]') },
    { given: '[9007199254740993::BIGINT]', means: json('[9007199254740993]') },
    { given: '[18446744073709551615::UBIGINT]', means: json('[18446744073709551615]') },
  ],
  bytes: [
    { given: "'\\x00\\xFF\\x10'::BLOB", means: bytes('00ff10') },
    { given: "['\\x00\\xFF'::BLOB]", means: json('["\\\\x00\\\\xFF"]') },
  ],
  geometry: [
    { given: "'POINT (1 2)'::GEOMETRY", means: bytes('0101000000000000000000f03f0000000000000040') },
    { given: "'POINT (1 2)'::GEOMETRY", means: text('POINT (1 2)'), declared: 'text' },
  ],
  money: [{ given: '1234.50::DECIMAL(18,2)', means: number('1234.50') }],
  uuid: [
    { given: "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::UUID", means: text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11') },
  ],
}

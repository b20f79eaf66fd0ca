import { bytes, date, double, type Examples, instant, json, local, NULL, number, text, truth } from '../example.ts'

/** Values of SQLite: an expression, and what its column is declared as. */
export const SQLITE: Examples = {
  'integers of 53 bits': [{ kind: 'INTEGER', given: '9007199254740991', means: number('9007199254740991') }],
  'integers beyond 53 bits': [
    { kind: 'INTEGER', given: '9007199254740993', means: number('9007199254740993') },
    { kind: 'REAL', given: '9007199254740993', means: double(9007199254740992) },
    { kind: 'INTEGER', given: '9007199254740993', means: number('9007199254740993'), declared: 'double' },
  ],
  'the ends of 64 bits': [
    { kind: 'INTEGER', given: '9223372036854775807', means: number('9223372036854775807') },
    { kind: 'INT', given: '-9223372036854775808', means: number('-9223372036854775808') },
  ],
  'integers beyond 64 bits': [
    { kind: 'TEXT', given: "'18446744073709551615'", means: text('18446744073709551615') },
    { kind: 'TEXT', given: "'18446744073709551615'", means: number('18446744073709551615'), declared: 'numeric' },
    { kind: 'TEXT', given: "'18446744073709551615'", means: number('18446744073709551615'), declared: 'integer' },
  ],
  decimals: [
    { kind: 'DECIMAL(10,2)', given: '12.50', means: number('12.5') },
    { kind: 'TEXT', given: "'12.50'", means: number('12.50'), declared: 'numeric' },
  ],
  'decimals of 38 digits': [
    {
      kind: 'TEXT',
      given: "'1234567890123456789012345678.1234567890'",
      means: number('1234567890123456789012345678.1234567890'),
      declared: 'numeric',
    },
  ],
  doubles: [
    { kind: 'REAL', given: '0.1', means: double(0.1) },
    { kind: 'REAL', given: '5e-324', means: double(5e-324) },
    { kind: 'REAL', given: '1.7976931348623157e308', means: double(Number.MAX_VALUE) },
    { kind: 'REAL', given: '3', means: double(3) },
  ],
  infinity: [
    { kind: 'REAL', given: '9e999', means: double(Number.POSITIVE_INFINITY) },
    { kind: 'REAL', given: '-9e999', means: text('-Infinity'), declared: 'text' },
  ],
  'minus zero': [{ kind: 'REAL', given: '-0.0', means: double(0) }],
  dates: [
    { kind: 'DATE', given: "'2024-02-29'", means: date('2024-02-29') },
    { kind: 'DATE', given: '1706702400', means: number('1706702400') },
  ],
  'dates BC': [
    { kind: 'DATE', given: "'-0043-03-15'", means: text('-0043-03-15') },
    { kind: 'DATE', given: "'-0043-03-15'", means: date('-0043-03-15'), declared: 'date' },
  ],
  'zero dates': [{ kind: 'DATE', given: "'0000-00-00'", means: text('0000-00-00') }],
  'the year 10000': [{ kind: 'DATE', given: "'10000-01-01'", means: text('10000-01-01') }],
  instants: [
    { kind: 'TIMESTAMP', given: "'2024-01-31T12:00:00.123456Z'", means: instant('2024-01-31T12:00:00.123456Z') },
    { kind: 'TIMESTAMP', given: "'2024-01-31 12:00:00+05:30'", means: instant('2024-01-31T12:00:00+05:30') },
    { kind: 'DATETIME', given: '1706702400', means: number('1706702400') },
  ],
  'times without a zone': [
    { kind: 'DATETIME', given: "'2024-03-31 02:30'", means: local('2024-03-31T02:30:00') },
    { kind: 'DATETIME', given: "'yesterday'", means: text('yesterday') },
  ],
  'instants beyond 9999': [{ kind: 'DATETIME', given: "'10000-01-01 00:00:00'", means: text('10000-01-01 00:00:00') }],
  nanoseconds: [
    { kind: 'TIMESTAMP', given: "'2024-01-31T12:00:00.123456789Z'", means: instant('2024-01-31T12:00:00.123456789Z') },
  ],
  'times of day': [{ kind: 'TIME', given: "'24:00:00'", means: text('24:00:00') }],
  'days that do not exist': [
    { kind: 'DATE', given: "'2024-02-30'", means: text('2024-02-30') },
    { kind: 'DATETIME', given: "'2024-13-01 00:00:00'", means: text('2024-13-01 00:00:00') },
  ],
  'empty texts and NULL': [
    { kind: 'TEXT', given: "''", means: text('') },
    { kind: 'TEXT', given: 'NULL', means: NULL },
    { kind: 'INTEGER', given: "''", means: text('') },
  ],
  NUL: [{ kind: 'TEXT', given: "'a' || char(0) || 'b'", means: text('a\0b') }],
  'unpaired surrogates': [{ kind: 'TEXT', given: "CAST(x'eda080' AS TEXT)", means: text('\ud800') }],
  'bytes that are not text': [
    { kind: 'TEXT', given: "CAST(x'4dfc' AS TEXT)", means: text('M\u00fc') },
    { kind: 'TEXT', given: "CAST(x'4dfc' AS TEXT)", means: bytes('4dfc'), declared: 'bytes' },
  ],
  'very long texts': [
    {
      shown: 'ä, 3,000,000 times',
      kind: 'TEXT',
      given: "replace(hex(zeroblob(1500000)), '0', 'ä')",
      means: text('ä'.repeat(3_000_000)),
    },
  ],
  'characters beyond 16 bits': [{ kind: 'TEXT', given: "'👩‍🚀 𝒜'", means: text('👩‍🚀 𝒜') }],
  booleans: [
    { kind: 'BOOLEAN', given: '1', means: truth(true) },
    { kind: 'BOOLEAN', given: 'false', means: truth(false) },
  ],
  'other spellings of booleans': [
    { kind: 'BOOLEAN', given: '2', means: number('2') },
    { kind: 'BOOLEAN', given: "'yes'", means: text('yes') },
    { kind: 'TEXT', given: "'yes'", means: text('yes'), declared: 'boolean' },
  ],
  enums: [{ kind: "TEXT CHECK (v IN ('ok', 'sad'))", given: "'ok'", means: text('ok') }],
  'structs and maps': [
    { kind: 'JSON', given: `'{"b":[1,{"c":null}],"a":"x"}'`, means: json('{"b":[1,{"c":null}],"a":"x"}') },
    { kind: 'JSON', given: `'{"a":'`, means: text('{"a":') },
  ],
  arrays: [{ kind: 'JSON', given: `'[1,null,[2]]'`, means: json('[1,null,[2]]') }],
  variants: [
    { kind: '', given: '5', means: number('5') },
    { kind: '', given: "'5'", means: text('5') },
    { kind: 'BLOB', given: '5', means: number('5') },
  ],
  'numbers inside JSON': [
    {
      kind: 'JSON',
      given: `'{"n":12345678901234567890.123456789}'`,
      means: json('{"n":12345678901234567890.123456789}'),
    },
    { kind: 'JSON', given: `'[1e400,-1.5e-400]'`, means: json('[1e400,-1.5e-400]') },
  ],
  bytes: [
    { kind: 'BLOB', given: "x'00ff10'", means: bytes('00ff10') },
    { kind: 'TEXT', given: "x'00ff10'", means: bytes('00ff10') },
    { kind: 'TEXT', given: "'Ü'", means: bytes('c39c'), declared: 'bytes' },
  ],
  money: [
    { kind: 'MONEY', given: '1234.5', means: number('1234.5') },
    { kind: 'TEXT', given: "'$1,234.50'", means: text('$1,234.50') },
  ],
  uuid: [
    {
      kind: 'UUID',
      given: "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
      means: text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
    },
  ],
}

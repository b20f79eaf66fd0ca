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

/** Values of MariaDB: an expression, and the type of its column. */
export const MARIADB: Examples = {
  'integers of 53 bits': [{ kind: 'bigint', given: '9007199254740991', means: number('9007199254740991') }],
  'integers beyond 53 bits': [
    { kind: 'bigint', given: '9007199254740993', means: number('9007199254740993') },
    { kind: 'bigint', given: '9007199254740993', means: number('9007199254740993'), declared: 'double' },
  ],
  'the ends of 64 bits': [
    { kind: 'bigint', given: '9223372036854775807', means: number('9223372036854775807') },
    { kind: 'bigint', given: '-9223372036854775808', means: number('-9223372036854775808') },
  ],
  'integers beyond 64 bits': [
    { kind: 'bigint unsigned', given: '18446744073709551615', means: number('18446744073709551615') },
    {
      kind: 'bigint unsigned',
      given: '18446744073709551615',
      means: number('18446744073709551615'),
      declared: 'integer',
    },
    { kind: 'decimal(65)', given: digits(65), means: number(digits(65)) },
  ],
  decimals: [{ kind: 'decimal(10,2)', given: '-12.5', means: number('-12.50') }],
  'decimals of 38 digits': [
    { kind: 'decimal(38,10)', given: `${digits(28)}.${digits(10)}`, means: number(`${digits(28)}.${digits(10)}`) },
  ],
  'decimals of 76 digits': [
    { kind: 'decimal(65,30)', given: `-${digits(35)}.${digits(30)}`, means: number(`-${digits(35)}.${digits(30)}`) },
  ],
  doubles: [
    { kind: 'double', given: '0.1', means: double(0.1) },
    { kind: 'double', given: '1.7976931348623157e308', means: double(Number.MAX_VALUE) },
    { kind: 'double', given: '2.2250738585072014e-308', means: double(2.2250738585072014e-308) },
    { kind: 'double', given: '0.1e0 + 0.2e0', means: double(0.1 + 0.2) },
  ],
  'floats of 32 bits': [{ kind: 'float', given: '16777217.5', means: double(Math.fround(16777217.5)) }],
  'minus zero': [{ kind: 'double', given: '-0e0', means: double(0) }],
  dates: [
    { kind: 'date', given: "'2024-02-29'", means: date('2024-02-29') },
    { kind: 'date', given: "'9999-12-31'", means: date('9999-12-31') },
  ],
  'zero dates': [
    { kind: 'date', given: "'0000-00-00'", means: text('0000-00-00') },
    { kind: 'datetime', given: "'0000-00-00'", means: text('0000-00-00 00:00:00'), declared: 'text' },
    { kind: 'timestamp null', given: "'0000-00-00'", means: text('0000-00-00 00:00:00') },
  ],
  instants: [
    // The server's zone is five and a half hours ahead.
    {
      kind: 'timestamp(6) null',
      given: "'2024-01-31 12:00:00.123456'",
      means: instant('2024-01-31T12:00:00.123456+05:30'),
    },
  ],
  'times without a zone': [
    { kind: 'datetime(6)', given: "'2024-03-31 02:30:00.000001'", means: local('2024-03-31T02:30:00.000001') },
    { kind: 'datetime', given: "'9999-12-31 23:59:59'", means: local('9999-12-31T23:59:59') },
  ],
  'times of day': [
    { kind: 'time(3)', given: "'-838:59:58.999'", means: text('-838:59:58.999') },
    { kind: 'year', given: '2155', means: number('2155') },
  ],
  'days that do not exist': [
    { kind: 'date', given: "'2024-00-10'", means: text('2024-00-10') },
    { kind: 'date', given: "'2024-02-30'", means: text('2024-02-30'), declared: 'text' },
  ],
  'empty texts and NULL': [
    { kind: 'varchar(5)', given: "''", means: text('') },
    { kind: 'varchar(5)', given: 'NULL', means: NULL },
    { kind: 'char(3)', given: "'a  '", means: text('a') },
    { kind: "enum('a')", given: "''", means: text('') },
    { kind: 'json', given: "'null'", means: json('null') },
  ],
  NUL: [
    { kind: 'text', given: "'a\\0b'", means: text('a\0b') },
    { kind: 'longtext', given: `'"\\\\u0000"'`, means: json('"\\u0000"'), declared: 'json' },
  ],
  'unpaired surrogates': [{ kind: 'longtext', given: `'"\\\\ud800"'`, means: json('"\\ud800"'), declared: 'json' }],
  'bytes that are not text': [
    { kind: 'varchar(5) character set latin1', given: "x'ff'", means: text('ÿ') },
    { kind: 'varchar(5) character set binary', given: "x'ff'", means: bytes('ff') },
  ],
  'very long texts': [{ kind: 'longtext', given: "repeat('ä', 3000000)", means: text('ä'.repeat(3_000_000)) }],
  'characters beyond 16 bits': [{ kind: 'text', given: "'👩‍🚀 𝒜'", means: text('👩‍🚀 𝒜') }],
  booleans: [
    { kind: 'bit(1)', given: "b'1'", means: truth(true) },
    { kind: 'boolean', given: 'true', means: number('1') },
    { kind: 'boolean', given: 'true', means: truth(true), declared: 'boolean' },
  ],
  'other spellings of booleans': [
    { kind: 'tinyint(1)', given: '2', means: number('2') },
    { kind: 'tinyint(1)', given: '2', means: number('2'), declared: 'boolean' },
  ],
  enums: [
    { kind: "enum('a','b')", given: "'b'", means: text('b') },
    { kind: "set('a','b','c')", given: "'a,c'", means: text('a,c') },
  ],
  'structs and maps': [
    { kind: 'json', given: `'{"b":[1,{"c":null}],"a":"x"}'`, means: json('{"b":[1,{"c":null}],"a":"x"}') },
  ],
  arrays: [{ kind: 'json', given: `'[1,null,[2]]'`, means: json('[1,null,[2]]') }],
  variants: [{ kind: 'json', given: `'[1,"a",true,null,{}]'`, means: json('[1,"a",true,null,{}]') }],
  'numbers inside JSON': [
    {
      kind: 'json',
      given: `'{"n":12345678901234567890.123456789}'`,
      means: json('{"n":12345678901234567890.123456789}'),
    },
    { kind: 'json', given: `'[1e400,-1.5e-400]'`, means: json('[1e400,-1.5e-400]') },
  ],
  bytes: [
    { kind: 'varbinary(9)', given: "x'00ff10'", means: bytes('00ff10') },
    { kind: 'binary(4)', given: "x'00ff'", means: bytes('00ff0000') },
  ],
  'bit strings': [
    { kind: 'bit(10)', given: "b'0000000101'", means: text('0000000101') },
    { kind: 'bit(64)', given: `b'${'1'.repeat(64)}'`, means: text('1'.repeat(64)) },
  ],
  geometry: [
    {
      kind: 'point',
      given: "st_geomfromtext('POINT(1 2)')",
      means: bytes('000000000101000000000000000000f03f0000000000000040'),
    },
  ],
  uuid: [
    {
      kind: 'uuid',
      given: "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
      means: text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
    },
  ],
  'network addresses': [
    { kind: 'inet6', given: "'::ffff:10.0.0.1'", means: text('::ffff:10.0.0.1') },
    { kind: 'inet4', given: "'10.0.0.1'", means: text('10.0.0.1') },
  ],
}

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

/** Values of Postgres: an expression, and the type that it is cast to. */
export const POSTGRES: Examples = {
  'integers of 53 bits': [{ kind: 'bigint', given: '9007199254740991', means: number('9007199254740991') }],
  'integers beyond 53 bits': [
    { kind: 'bigint', given: '9007199254740993', means: number('9007199254740993') },
    { kind: 'oid', given: '4294967295', means: number('4294967295') },
    { kind: 'xid8', given: "'18446744073709551615'", means: text('18446744073709551615') },
    { kind: 'bigint', given: '9007199254740993', means: number('9007199254740993'), declared: 'double' },
  ],
  'the ends of 64 bits': [
    { kind: 'bigint', given: '9223372036854775807', means: number('9223372036854775807') },
    { kind: 'bigint', given: '-9223372036854775808', means: number('-9223372036854775808') },
  ],
  'integers beyond 64 bits': [
    { kind: 'numeric', given: digits(76), means: number(digits(76)) },
    { kind: 'numeric', given: '9223372036854775808', means: number('9223372036854775808'), declared: 'integer' },
  ],
  decimals: [
    { kind: 'numeric(20,4)', given: '-1.5', means: number('-1.5000') },
    { kind: 'numeric', given: '1e-20', means: number('0.00000000000000000001') },
    { kind: 'numeric', given: '1.5', means: number('1.5'), declared: 'integer' },
  ],
  'decimals of 38 digits': [
    { kind: 'numeric', given: `${digits(28)}.${digits(10)}`, means: number(`${digits(28)}.${digits(10)}`) },
  ],
  'decimals of 76 digits': [
    { kind: 'numeric', given: `-${digits(38)}.${digits(38)}`, means: number(`-${digits(38)}.${digits(38)}`) },
    { kind: 'numeric', given: '1.1e-1000 + 1e1000', means: number(`1${'0'.repeat(1000)}.${'0'.repeat(999)}11`) },
  ],
  doubles: [
    { kind: 'float8', given: '0.1', means: double(0.1) },
    { kind: 'float8', given: "'5e-324'", means: double(5e-324) },
    { kind: 'float8', given: "'1.7976931348623157e308'", means: double(Number.MAX_VALUE) },
  ],
  'floats of 32 bits': [{ kind: 'real', given: '1.1', means: number('1.1') }],
  infinity: [
    { kind: 'float8', given: "'-Infinity'", means: double(Number.NEGATIVE_INFINITY) },
    { kind: 'numeric', given: "'Infinity'", means: text('Infinity') },
    { kind: 'numeric', given: "'Infinity'", means: text('Infinity'), declared: 'text' },
  ],
  NaN: [
    { kind: 'float8', given: "'NaN'", means: double(Number.NaN) },
    { kind: 'numeric', given: "'NaN'", means: text('NaN') },
    { kind: 'float8', given: "'NaN'", means: text('NaN'), declared: 'text' },
  ],
  'minus zero': [{ kind: 'float8', given: "'-0'", means: double(0) }],
  dates: [
    { kind: 'date', given: "'2024-02-29'", means: date('2024-02-29') },
    { kind: 'date', given: "'9999-12-31'", means: date('9999-12-31') },
  ],
  'dates BC': [
    { kind: 'date', given: "'0044-03-15 BC'", means: date('-0043-03-15', '0044-03-15 BC') },
    {
      kind: 'timestamptz',
      given: "'0044-03-15 BC'",
      means: instant('-000043-03-15T00:00:00Z', '0044-03-15 00:00:00+00 BC'),
    },
    { kind: 'date', given: "'0044-03-15 BC'", means: date('-0043-03-15', '0044-03-15 BC'), declared: 'text' },
  ],
  'the year 10000': [
    { kind: 'date', given: "'10000-01-01'", means: date('10000-01-01') },
    { kind: 'date', given: "'5874897-12-31'", means: text('5874897-12-31'), declared: 'text' },
  ],
  'infinite dates': [
    { kind: 'date', given: "'infinity'", means: text('infinity') },
    { kind: 'timestamptz', given: "'-infinity'", means: text('-infinity') },
    { kind: 'timestamp', given: "'infinity'", means: text('infinity'), declared: 'text' },
  ],
  instants: [
    {
      kind: 'timestamptz',
      given: "'2024-01-31 12:00:00.123456+05:30'",
      means: instant('2024-01-31T12:00:00.123456+05:30'),
    },
    { kind: 'timestamptz', given: "'0001-01-01 00:00:00+00'", means: instant('0001-01-01T00:00:00Z') },
  ],
  'times without a zone': [
    { kind: 'timestamp', given: "'2024-03-31 02:30:00.000001'", means: local('2024-03-31T02:30:00.000001') },
  ],
  'instants beyond 9999': [
    { kind: 'timestamptz', given: "'10000-01-01 00:00:00+00'", means: instant('+010000-01-01T00:00:00Z') },
    { kind: 'timestamp', given: "'294276-12-31 23:59:59'", means: text('294276-12-31 23:59:59'), declared: 'text' },
  ],
  'times of day': [
    { kind: 'time', given: "'24:00:00'", means: text('24:00:00') },
    { kind: 'timetz', given: "'23:59:59.999999-15:59'", means: text('23:59:59.999999-15:59') },
  ],
  intervals: [
    { kind: 'interval', given: "'1 year -2 mons 3 days 04:05:06.789'", means: text('P10M3DT4H5M6.789S') },
    { kind: 'interval', given: "'0'", means: text('PT0S') },
  ],
  'empty texts and NULL': [
    { kind: 'text', given: "''", means: text('') },
    { kind: 'text', given: 'NULL', means: NULL },
    { kind: 'char(3)', given: "'a'", means: text('a  ') },
    { kind: 'jsonb', given: "'null'", means: json('null') },
  ],
  NUL: [
    { kind: 'json', given: `'{"a":"\\u0000"}'`, means: json('{"a":"\\u0000"}') },
    { kind: 'json', given: `'{"a":"\\u0000"}'`, means: text('{"a":"\\u0000"}'), declared: 'text' },
  ],
  'unpaired surrogates': [{ kind: 'json', given: `'"\\ud800"'`, means: json('"\\ud800"') }],
  'very long texts': [{ kind: 'text', given: "repeat('ä', 3000000)", means: text('ä'.repeat(3_000_000)) }],
  'characters beyond 16 bits': [{ kind: 'text', given: "'👩‍🚀 𝒜'", means: text('👩‍🚀 𝒜') }],
  booleans: [
    { kind: 'boolean', given: "'t'", means: truth(true) },
    { kind: 'boolean', given: 'false', means: truth(false) },
  ],
  'other spellings of booleans': [
    { kind: 'text', given: "'yes'", means: text('yes') },
    { kind: 'int', given: '1', means: truth(true), declared: 'boolean' },
    { kind: 'text', given: "'yes'", means: text('yes'), declared: 'boolean' },
  ],
  enums: [{ kind: 'mood', given: "'ok'", means: text('ok') }],
  'structs and maps': [
    { kind: 'pair', given: "'(1,x)'", means: json('{"a":1,"b":"x"}') },
    { kind: 'hstore_like', given: `'{"(k,v)"}'`, means: json('[{"k":"k","v":"v"}]') },
    { kind: 'jsonb', given: `'{"b":[1,{"c":null}],"a":"x"}'`, means: json('{"b":[1,{"c":null}],"a":"x"}') },
  ],
  arrays: [
    { kind: 'int[]', given: "'{{1,2},{3,NULL}}'", means: json('[[1,2],[3,null]]') },
    { kind: 'text[]', given: `'{"a b",NULL,"NULL",""}'`, means: json('["a b",null,"NULL",""]') },
    { kind: 'float8[]', given: "'{NaN,-Infinity,1}'", means: json('["NaN","-Infinity",1]') },
    { kind: 'int[]', given: "'[5:6]={1,2}'", means: text('[5:6]={1,2}'), declared: 'text' },
  ],
  variants: [{ kind: 'jsonb', given: `'[1,"a",true,null,{}]'`, means: json('[1,"a",true,null,{}]') }],
  'numbers inside JSON': [
    {
      kind: 'jsonb',
      given: `'{"n":12345678901234567890.123456789}'`,
      means: json('{"n":12345678901234567890.123456789}'),
    },
    { kind: 'json', given: `'[1e400,-1.5e-400]'`, means: json('[1e400,-1.5e-400]') },
    { kind: 'json', given: `'1e200000'`, means: json('1e200000') },
    { kind: 'numeric[]', given: "'{0.1234567890123456789,1.10}'", means: json('[0.1234567890123456789,1.10]') },
  ],
  bytes: [
    { kind: 'bytea', given: "'\\x00ff10'", means: bytes('00ff10') },
    { kind: 'bytea', given: "'\\x00ff10'", means: text('\\x00ff10'), declared: 'text' },
  ],
  'bit strings': [
    { kind: 'bit(4)', given: "B'0101'", means: text('0101') },
    { kind: 'varbit', given: `B'${'10'.repeat(50)}'`, means: text('10'.repeat(50)) },
  ],
  geometry: [
    { kind: 'point', given: "'(1.5,2)'", means: text('(1.5,2)') },
    { kind: 'polygon', given: "'((0,0),(1,0.1),(1,1))'", means: text('((0,0),(1,0.1),(1,1))') },
  ],
  ranges: [
    { kind: 'int4range', given: "'[1,10)'", means: text('[1,10)') },
    { kind: 'tstzrange', given: "'[2024-01-01 00:00+00,)'", means: text('["2024-01-01 00:00:00+00",)') },
    { kind: 'nummultirange', given: "'{[1.10,3),[5,7)}'", means: text('{[1.10,3),[5,7)}') },
  ],
  money: [{ kind: 'money', given: "'-92233720368547758.08'", means: number('-92233720368547758.08') }],
  uuid: [
    {
      kind: 'uuid',
      given: "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
      means: text('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
    },
  ],
  'network addresses': [
    { kind: 'inet', given: "'10.0.0.1/8'", means: text('10.0.0.1/8') },
    { kind: 'inet', given: "'10.0.0.1'", means: text('10.0.0.1') },
    { kind: 'macaddr8', given: "'08:00:2b:01:02:03:04:05'", means: text('08:00:2b:01:02:03:04:05') },
  ],
}

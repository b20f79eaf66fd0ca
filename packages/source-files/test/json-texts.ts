import fc from 'fast-check'

// Lines of NDJSON: most of them objects written plainly, and all that is next to that.

const plainNumbers = fc.constantFrom(
  '0',
  '1',
  '42',
  '-7',
  '999999999999999',
  '-999999999999999',
  '12.5',
  '0.01',
  '-3.25',
  '100',
  '1.50',
  '12.0',
  '0.0',
  '-0.0',
)
const oddNumbers = fc.constantFrom(
  '-0',
  '00',
  '01',
  '1.',
  '.5',
  '-',
  '+1',
  '1e5',
  '1E-7',
  '1e400',
  '1e-400',
  '-1e+400',
  '1e',
  '1.e1',
  '0.0000001',
  '0.000001',
  '9007199254740993',
  '12345678901234567890',
  '9223372036854775808',
  '0.1234567890123456789',
  '0.8444218515250481',
  '1234567890.12345678',
  'NaN',
  'Infinity',
  '1e5.2',
  '0x1',
)
const chars = fc.constantFrom(
  'a',
  'b',
  '0',
  '9',
  ' ',
  'é',
  '😀',
  '\u2028',
  '\ufeff',
  '\x7f',
  '\\"',
  '\\\\',
  '\\/',
  '\\n',
  '\\t',
  '\\u0041',
  '\\u00e9',
  '\\ud83d\\ude00',
  '{',
  '}',
  ',',
  ':',
  '[',
)
const oddChars = fc.constantFrom(
  '\\u0000',
  '\\ud800',
  '\\udc00',
  '\\x',
  '\\u12',
  '\\u00g0',
  '\t',
  '\x01',
  '"',
  '\\',
  '\x1a',
  '\r',
)
const times = fc
  .tuple(
    fc.constantFrom(
      '2024-02-29',
      '2023-02-29',
      '0000-01-31',
      '0001-01-01',
      '9999-12-31',
      '2024-13-01',
      '1970-01-01',
      '1583-10-15',
      '2256-06-01',
    ),
    fc.constantFrom('T', ' ', 't', ''),
    fc.constantFrom('10:00:00', '23:59:59', '00:00:00', '24:00:00', '10:00', '10:00:60', ''),
    fc.constantFrom('', '.', '.1', '.123', '.123456', '.123456789'),
    fc.constantFrom(
      '',
      'Z',
      'z',
      '+00',
      '+00:00',
      '-00:00',
      '+0000',
      '+02',
      '+05:30',
      '-0530',
      ' UTC',
      ' Z',
      '-23:59',
      '+24:00',
    ),
  )
  .map((parts) => `"${parts.join('')}"`)
export const goodTimes: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      '2024-02-29',
      '1969-12-31',
      '1720-01-01',
      '1719-12-31',
      '2280-12-31',
      '2281-01-01',
      '0000-03-01',
      '9999-12-31',
      '2000-03-01',
    ),
    fc.constantFrom(
      '',
      ...['T00:00:00', ' 23:59:59', 'T10:20:30', 'T10:20:30.5', 'T01:02:03.123456', 'T01:02:03.1234567'],
    ),
    fc.constantFrom('', '', 'Z', '+00', '+02', '+0530', '-05:30', '-00:00', '+23:59'),
  )
  .map(([date, time, zone]) => `"${date}${time === '' ? '' : time + zone}"`)
const texts = fc
  .array(fc.oneof({ weight: 40, arbitrary: chars }, oddChars), { maxLength: 6 })
  .map((parts) => `"${parts.join('')}"`)
const words = fc.constantFrom(
  'null',
  'true',
  'false',
  'tru',
  'nulll',
  'True',
  '""',
  '"x"',
  '"open"',
  '"12"',
  '"2024-01-01"',
  '"\\u0032024-02-29"',
)

export const scalar: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: plainNumbers },
  { weight: 4, arbitrary: words.filter((word) => !['tru', 'nulll', 'True'].includes(word)) },
  { weight: 4, arbitrary: texts },
  { weight: 2, arbitrary: times },
  { weight: 3, arbitrary: goodTimes },
  { weight: 2, arbitrary: oddNumbers.filter((text) => isJson(text)) },
)
const space = fc.constantFrom('', '', '', '', '', ' ', '\t', '\r', '  ')
export const nested: fc.Arbitrary<string> = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, { weight: 3, arbitrary: scalar }, tie('list'), tie('object')),
  list: fc
    .tuple(fc.array(tie('value'), { maxLength: 3 }), space)
    .map(([all, blank]) => `[${blank}${all.join(`${blank},`)}${blank}]`),
  object: fc
    .tuple(
      fc.array(
        fc.tuple(
          fc.oneof({ weight: 9, arbitrary: fc.constantFrom('"a"', '"b"', '"__proto__"', '"1"') }, texts),
          tie('value'),
        ),
        { maxLength: 3 },
      ),
      space,
    )
    .map(([all, blank]) => `{${all.map(([name, value]) => `${blank}${name}${blank}:${value}`).join(',')}${blank}}`),
})).value

const odd = fc.oneof(
  oddNumbers,
  words,
  fc.constantFrom('[1,]', '{"a":}', '[', '{', '', 'x', '"', '[1 2]', '{"a" 1}', `${'['.repeat(40)}${']'.repeat(40)}`),
)
const names = fc.constantFrom(
  '"a"',
  '"b"',
  '"c"',
  '"d"',
  '"a b"',
  '"é"',
  '"__proto__"',
  '"toString"',
  '"1"',
  '"\\u0061"',
  '""',
  '"q\\"q"',
)

/** An object in one line. @param value its values. */
export function objectLine(value: fc.Arbitrary<string>, name: fc.Arbitrary<string> = names): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(fc.tuple(name, value), { maxLength: 5 }), space, space)
    .map(
      ([all, one, two]) =>
        `${two}{${one}${all.map(([key, text]) => `${key}${two}:${one}${text}${two}`).join(`,${one}`)}}${one}`,
    )
}

const shape = fc.tuple(scalar, scalar, nested).map(([a, b, c]) => `{"a":${a},"b":${b},"c":${c}}`)
const line = fc.oneof(
  { weight: 12, arbitrary: shape },
  { weight: 6, arbitrary: objectLine(fc.oneof({ weight: 6, arbitrary: scalar }, nested)) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      {
        weight: 3,
        arbitrary: objectLine(fc.oneof({ weight: 4, arbitrary: scalar }, odd), fc.constantFrom('"a"', '"b"', '"c"')),
      },
      fc.constantFrom(
        '',
        ' ',
        '\u00a0',
        '\ufeff',
        '\x1a',
        'x',
        '[]',
        '1',
        '{}',
        '{"a":1}}',
        '{"a":1} {"a":2}',
        '{"a":1',
        '\x00',
      ),
    ),
  },
)

/** The bytes of a file: nearly always UTF-8. */
export const lines: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom('', '', '', '\ufeff'),
    fc.array(line, { maxLength: 12 }),
    fc.constantFrom('\n', '\n', '\r\n'),
    fc.constantFrom('', '\n', '\x1a', '\n\x1a'),
    fc.oneof(
      { weight: 30, arbitrary: fc.constant(undefined) },
      fc.tuple(fc.nat(), fc.constantFrom([0xff], [0xed, 0xa0, 0x80], [0xc3], [0xe2, 0x82])),
    ),
  )
  .map(([start, all, end, last, wrong]) => {
    const bytes = Buffer.from(start + all.join(end) + last)
    if (wrong === undefined) return bytes
    const at = wrong[0] % (bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(wrong[1]), bytes.subarray(at)])
  })

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

import { date, type Examples, instant, json, NULL, number, text, truth } from '../example.ts'

/** Values of GitHub: the column of an issue, the field of the answer, and its JSON. */
export const GITHUB: Examples = {
  'integers of 53 bits': [{ kind: 'user_id=user.id', given: '9007199254740991', means: number('9007199254740991') }],
  'integers beyond 53 bits': [
    { kind: 'user_id=user.id', given: '9007199254740993', means: number('9007199254740993') },
    { kind: 'comments', given: '9007199254740993', means: number('9007199254740993') },
  ],
  'the ends of 64 bits': [
    { kind: 'user_id=user.id', given: '9223372036854775807', means: number('9223372036854775807') },
  ],
  'integers beyond 64 bits': [
    { kind: 'user_id=user.id', given: '18446744073709551615', means: number('18446744073709551615') },
  ],
  decimals: [{ kind: 'comments', given: '1.5', means: number('1.5') }],
  dates: [{ kind: 'closed_at', given: '"2024-02-29"', means: date('2024-02-29') }],
  instants: [
    { kind: 'closed_at', given: '"2024-01-31T12:00:00Z"', means: instant('2024-01-31T12:00:00Z') },
    { kind: 'closed_at', given: '"2024-01-31T12:00:00+05:30"', means: instant('2024-01-31T12:00:00+05:30') },
  ],
  'instants beyond 9999': [
    { kind: 'closed_at', given: '"+010000-01-01T00:00:00Z"', means: instant('+010000-01-01T00:00:00Z') },
  ],
  'empty texts and NULL': [
    { kind: 'body', given: '""', means: text('') },
    { kind: 'body', given: 'null', means: NULL },
  ],
  NUL: [{ kind: 'body', given: '"a\\u0000b"', means: text('a\0b') }],
  'unpaired surrogates': [{ kind: 'body', given: '"a\\ud800"', means: text('a\ud800') }],
  'very long texts': [
    {
      shown: '"ä, 3,000,000 times"',
      kind: 'body',
      given: `"${'ä'.repeat(3_000_000)}"`,
      means: text('ä'.repeat(3_000_000)),
    },
  ],
  'characters beyond 16 bits': [{ kind: 'body', given: '"👩‍🚀 𝒜"', means: text('👩‍🚀 𝒜') }],
  booleans: [{ kind: 'locked', given: 'true', means: truth(true) }],
  'other spellings of booleans': [{ kind: 'locked', given: '"true"', means: truth(true) }],
  enums: [{ kind: 'state', given: '"open"', means: text('open') }],
  'structs and maps': [{ kind: 'reactions', given: '{"+1":9007199254740993}', means: json('{"+1":9007199254740993}') }],
  arrays: [{ kind: 'assignees', given: '[{"login":"a","id":1},{"login":"b","id":2}]', means: json('["a","b"]') }],
}

import { type Examples, instant, NULL, text } from '../example.ts'

/** Values of git: the column, and what stands in the commit object. Bytes are characters of Latin-1. */
export const GIT: Examples = {
  instants: [
    { kind: 'authored_at', given: '1706702400 +0530', means: instant('2024-01-31T12:00:00Z') },
    { kind: 'authored_at', given: '-1 +0000', means: instant('1969-12-31T23:59:59Z') },
    { kind: 'authored_at', given: '0 +0000', means: instant('1970-01-01T00:00:00Z') },
  ],
  'dates BC': [{ kind: 'authored_at', given: '-63000000000 +0000', means: NULL }],
  'instants beyond 9999': [
    { kind: 'authored_at', given: '253402300799 +0000', means: instant('9999-12-31T23:59:59Z') },
    { kind: 'authored_at', given: '253402300800 +0000', means: NULL },
  ],
  'integers beyond 64 bits': [{ kind: 'authored_at', given: '18446744073709551617 +0000', means: NULL }],
  'empty texts and NULL': [
    { kind: 'body', given: '', means: text('') },
    { kind: 'author_name', given: '', means: text('') },
    { kind: 'authored_at', given: '', means: NULL },
    { kind: 'author_zone', given: '1706702400', means: NULL },
  ],
  NUL: [{ kind: 'subject', given: 'a\0b', means: text('a\ufffd00b') }],
  'unpaired surrogates': [
    { shown: 'bytes ed a0 80', kind: 'subject', given: '\u00ed\u00a0\u0080', means: text('\ufffded\ufffda0\ufffd80') },
  ],
  'bytes that are not text': [
    { shown: 'byte fc', kind: 'author_name', given: 'M\u00fcller', means: text('M\ufffdfcller') },
    {
      shown: 'byte fc in an encoding that is named',
      kind: 'subject',
      given: 'latin1:M\u00fcller',
      means: text('Müller'),
    },
    { shown: 'the character U+FFFD', kind: 'subject', given: '\u00ef\u00bf\u00bd', means: text('\ufffd') },
  ],
  'very long texts': [
    {
      shown: 'ä, 3,000,000 times',
      kind: 'subject',
      given: '\u00c3\u00a4'.repeat(3_000_000),
      means: text('ä'.repeat(3_000_000)),
    },
  ],
  'characters beyond 16 bits': [{ shown: '🚀', kind: 'subject', given: '\u00f0\u009f\u009a\u0080', means: text('🚀') }],
}

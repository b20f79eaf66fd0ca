import type { ColumnType } from '@tidemark/core/engine'
import { expect, it } from 'vitest'
import { fittingType } from '../src/read/fitting-type.ts'

it.each<[ColumnType, readonly unknown[], RegExp | undefined]>([
  ['timestamp', [1_793_527_200, 1_793_527_260.5], /unix_seconds/],
  ['timestamp', ['1793527200'], /unix_seconds/],
  ['timestamp', [1_793_527_200_000], /unix_milliseconds/],
  ['timestamp', [20_261_101], /integer/],
  ['timestamp', ['20261101'], /text/],
  ['timestamp', ['2026-11-01T10:00:00', null], /local_timestamp/],
  ['local_timestamp', ['2026-11-01T10:00:00+01:00'], /type timestamp fits/],
  ['timestamp', ['2026-11-01'], /date/],
  ['date', ['2026-11-01T10:00:00Z'], /type timestamp fits/],
  ['timestamp', ['Sun, 01 Nov 2026 10:00:00 +0000'], /RFC 2822.*text/],
  ['timestamp', ['01 Nov 2026 10:00:00 GMT'], /RFC 2822.*text/],
  ['timestamp', ['11/01/2026 10:00'], /not in ISO 8601.*text/],
  ['timestamp', ['soon'], /type text fits/],
  ['timestamp', [{ seconds: 1 }], undefined],
  ['integer', [1.5, 2], /numeric/],
  ['integer', ['12', '13.5'], /numeric/],
  ['integer', ['a'], /text/],
  ['boolean', [0, 1], /integer/],
  ['text', [7], /integer/],
  ['text', [{ a: 1 }], /json/],
  ['text', [undefined, null], /nullable/],
  // The author's own check said no.
  ['integer', [-1], undefined],
  ['integer', [], undefined],
])('of a column %s with %o', (declared, values, words) => {
  const found = fittingType(declared, values)
  if (words === undefined) expect(found).toBeUndefined()
  else expect(found).toMatch(words)
})

import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { joined, jsonPieces, jsonText } from '../src/json-text.ts'
import { csv } from '../src/show/csv.ts'
import { durationText } from '../src/show/numbers.ts'
import { oneLine, plain } from '../src/show/plain.ts'
import { textTable } from '../src/show/text-table.ts'
import { coloured, cutToned, toned, tonedLabel, toneOfStatus } from '../src/show/tone.ts'
import { NARROW, widthOf } from '../src/show/width.ts'

describe('text for a terminal', () => {
  it('loses every control character, mark of direction and noncharacter of ours, and nothing else', () => {
    const removed = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdd4]/u
    const wrong = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((one) => {
      const shown = oneLine(`a${one}b`)
      return removed.test(one) ? removed.test(shown) : shown !== `a${one}b`
    })
    expect(wrong).toEqual([])
  })

  it.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['a title', '\u001b]0;owned\u0007x', 'x'],
    ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['an unfinished sequence', 'a\u001b]0;b', 'a'],
    ['C1 controls', 'a\u009b31mb\u0085c', 'abc'],
    ['bells, backspaces and carriage returns', 'a\u0007\b\rb', 'ab'],
    ['letters that turn the line around', 'a\u202eb\u2066c', 'abc'],
    ['nothing else', 'naïve 日本 👍\ttab\nline', 'naïve 日本 👍\ttab\nline'],
  ])('loses %s', (_, text, shown) => {
    expect(plain(text)).toBe(shown)
  })

  it('puts several lines on one', () => {
    expect(oneLine('a\r\n  b\n\nc\td')).toBe('a ⏎ b ⏎ c d')
  })

  it('aligns columns, numbers to the right, also of wide letters', () => {
    const text = textTable(
      ['name', 'n'],
      [
        ['日本', 5],
        ['x', 1000n],
        ['\u001b[1mbold', null],
      ],
    )
    expect(text.split('\n')).toEqual(['name     n', '----  ----', '日本     5', 'x     1000', 'bold'])
    expect(widthOf('👍🏽e\u0301')).toBe(3)
  })

  it('takes for narrow what is one column wide', () => {
    const letters = Array.from({ length: 0x3000 - 0x20 }, (_, at) => String.fromCodePoint(0x20 + at))
    const narrow = letters.filter((one) => NARROW.test(one))
    expect(narrow).toContain('█')
    // Control characters are gone from every text that is measured.
    expect(narrow.filter((one) => stringWidth(one) !== 1 && !/[\u007f-\u009f\u00ad]/.test(one))).toEqual([])
  })

  it('cuts long cells', () => {
    expect(textTable(['a'], [['x'.repeat(100)]], { width: 10 }).split('\n')[2]).toBe(`${'x'.repeat(9)}…`)
  })

  it('says lengths of time as people do', () => {
    expect([5, 1500, 61_000, 3_700_000].map(durationText)).toEqual(['5 ms', '1.5 s', '1 min 1 s', '1 h 1 min'])
  })
})

describe('CSV', () => {
  it('quotes what needs it and tells NULL from an empty text', () => {
    const lines = csv(
      ['a', 'b'],
      [
        ['x,"y"\nz', ''],
        [null, 5n],
      ],
    )
    expect([...lines].join('')).toBe('a,b\r\n"x,""y""\nz",""\r\n,5\r\n')
  })
})

describe('JSON', () => {
  const rows = [{ a: 'x\n"y"', b: { c: [1, [2n ** 63n], {}] } }, { a: null }, undefined]
  it.each<[string, unknown]>([
    ['rows', { columns: ['a', 'b'], rows, none: [] }],
    ['nothing', {}],
    ['what is left out, and what is no plain value', { left: undefined, map: new Map([['a', new Uint8Array(2)]]) }],
    ['a name that a terminal obeys', { 'na\u202eme': true }],
    ['a list', [{ a: 1 }]],
    ['a map', new Map([['a', 1]])],
    ['null', null],
    ['a text', 'text'],
  ])('in pieces is the same text: %s', (_, document) => {
    expect([...joined(jsonPieces(document))].join('')).toBe(jsonText(document))
  })
})

describe('what a text means', () => {
  it('is a colour where colours are shown, and nothing else anywhere', () => {
    const line = tonedLabel('failed: table a\u001b[31m\ufdd0b')
    expect(coloured(line, true)).toBe('\u001b[31mfailed:\u001b[0m table a\u001b[32mb')
    expect(coloured(line, false)).toBe('failed: table ab')
    expect(oneLine('\ufdd0a\ufdd4')).toBe('a')
    expect(tonedLabel('a table: constructor: failed')).toBe('a table: constructor: failed')
    expect(toneOfStatus('complete, 2 of 5 failing')).toBe('bad')
    expect(toneOfStatus('constructor')).toBeUndefined()
  })

  it('has no width: a line is cut where its letters are', () => {
    const line = `ab${toned('bad', 'cdef')}gh`
    expect(coloured(cutToned(line, 5), false)).toBe('abcd…')
    expect(cutToned(line, 8)).toBe(line)
  })
})

it('a table leaves out what matters least, and cuts only what cannot be left out', () => {
  const rows = [['shop_orders_of_the_year', 'failing', 5, 'because of something very long']]
  const options = { columns: 40, optional: ['n', 'note'] }
  expect(textTable(['table', 'status', 'n', 'note'], rows, options).split('\n')[0]).toBe(
    'table                    status',
  )
  expect(textTable(['table', 'status', 'n', 'note'], rows, { ...options, columns: 80 })).toContain(
    'something very long',
  )
})

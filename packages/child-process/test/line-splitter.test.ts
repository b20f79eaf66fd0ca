import { expect, it } from 'vitest'
import { LineSplitter } from '../src/line-splitter.ts'

const TEXT = 'one\r\n\nzwei ä😀\nthe rest'

it('lines are the same however their bytes are cut', () => {
  const bytes = Buffer.from(TEXT)
  for (let size = 1; size <= bytes.length; size++) {
    const splitter = new LineSplitter(100)
    const lines: string[] = []
    for (let at = 0; at < bytes.length; at += size) {
      lines.push(...(splitter.take(bytes.subarray(at, at + size)) as readonly string[]))
    }
    expect([lines, splitter.rest()]).toEqual([['one', '', 'zwei ä😀'], 'the rest'])
  }
})

it('a line may have as many bytes as the limit says, and no more, however it arrives', () => {
  const taken = (...pieces: readonly string[]) => {
    const splitter = new LineSplitter(4)
    return pieces.map((piece) => splitter.take(Buffer.from(piece)))
  }
  expect(taken('abcd\n')).toEqual([['abcd']])
  expect(taken('ab', 'cd\n')).toEqual([[], ['abcd']])
  expect(taken('abcde')).toEqual(['too long'])
  expect(taken('ab', 'cde\n')).toEqual([[], 'too long'])
  expect(taken('a\nabcde\n')).toEqual(['too long'])
})

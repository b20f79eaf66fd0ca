import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FileText } from '../src/content.ts'
import { kindsIn } from '../src/json-kinds.ts'
import { type JsonBlock, JsonLinesReader } from '../src/json-reader.ts'
import { JsonLines, type JsonObject } from '../src/json-records.ts'
import { typedJson } from '../src/json-value.ts'
import { kindOfJson } from '../src/kind.ts'
import { lines } from './json-texts.ts'

interface Outcome {
  /** How many objects each piece gave, and the end. */
  readonly counts: readonly number[]
  readonly cells: number
  /** The names in their order, with what their values are. */
  readonly kinds: readonly (readonly [string, number])[]
  readonly error?: string | undefined
}

/** Adds up what each piece gives, up to the first that fails. */
function outcomeOf(
  pieces: readonly Buffer[],
  feed: (piece: Buffer | undefined) => [number, number, Map<string, number>],
) {
  const counts: number[] = []
  const all = new Map<string, number>()
  let cells = 0
  let error: string | undefined
  try {
    for (const piece of [...pieces, undefined]) {
      const [count, more, kinds] = feed(piece)
      counts.push(count)
      cells += more
      for (const [name, kind] of kinds) all.set(name, (all.get(name) ?? 0) | kind)
    }
  } catch (problem) {
    error = (problem as Error).message
  }
  return { counts, cells, kinds: [...all], error } satisfies Outcome
}

function addObject(object: JsonObject, to: Map<string, number>): number {
  const names = Object.keys(object)
  for (const name of names) to.set(name, (to.get(name) ?? 0) | kindOfJson(object[name]))
  return names.length
}

function asText(pieces: readonly Buffer[]): Outcome {
  const text = new FileText('utf-8')
  const reader = new JsonLines(typedJson)
  return outcomeOf(pieces, (piece) => {
    if (piece !== undefined) text.begin(piece)
    const fed = piece === undefined ? text.end() : text.feed(piece)
    const objects = [...(fed === '' ? [] : reader.feed(fed)), ...(piece === undefined ? reader.end() : [])]
    const kinds = new Map<string, number>()
    let cells = 0
    for (const object of objects) cells += addObject(object, kinds)
    return [objects.length, cells, kinds]
  })
}

function asBytes(pieces: readonly Buffer[], scanned: { rows: number }): Outcome {
  const reader = new JsonLinesReader('utf-8', typedJson)
  return outcomeOf(pieces, (piece) => {
    const blocks: readonly JsonBlock[] = piece === undefined ? reader.end() : reader.feed(piece)
    const kinds = new Map<string, number>()
    let count = 0
    let cells = 0
    for (const block of blocks) {
      count += block.count
      cells += block.cells
      scanned.rows += block.count - block.parsed.size
      for (const object of block.parsed.values()) cells += addObject(object, kinds)
      for (const [at, name] of block.names.entries()) kinds.set(name, (kinds.get(name) ?? 0) | kindsIn(block, at))
    }
    return [count, cells, kinds]
  })
}

function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places
    .slice(1)
    .map((place, at) => Buffer.from(bytes.subarray(places[at], place)))
    .filter(({ length }) => length > 0)
}

describe('a file of one JSON object a line, read as bytes', () => {
  it('has the objects, the names, the kinds and the errors that it has read as a text, wherever it is cut', () => {
    const scanned = { rows: 0 }
    fc.assert(
      fc.property(lines, fc.array(fc.nat(), { maxLength: 3 }), (bytes, cuts) => {
        const pieces = piecesOf(bytes, cuts)
        expect(asBytes(pieces, scanned)).toEqual(asText(pieces))
      }),
      { numRuns: 10_000 },
    )
    expect(scanned.rows).toBeGreaterThan(10_000)
  })

  it('has all objects of many pieces, and scans nearly all of them', () => {
    const text = Array.from({ length: 20_000 }, (_, n) =>
      JSON.stringify({
        id: n,
        note: n % 5 === 0 ? null : `order "${n}"`,
        at: '2024-02-29T10:00:00.5Z',
        tags: [n, 'é'],
      }),
    )
    const bytes = Buffer.from(text.join('\n'))
    const pieces = Array.from({ length: Math.ceil(bytes.length / 70_000) }, (_, n) =>
      bytes.subarray(n * 70_000, (n + 1) * 70_000),
    )
    const scanned = { rows: 0 }
    expect(asBytes(pieces, scanned)).toEqual(asText(pieces))
    expect(scanned.rows).toBe(19_998)
  })

  it('has the objects of a file whose keys are data', () => {
    const text = Array.from({ length: 3000 }, (_, n) => `{"id":${n},"key_${n}":1}`)
    const pieces = piecesOf(Buffer.from(text.join('\n')), [40_000])
    expect(asBytes(pieces, { rows: 0 })).toEqual(asText(pieces))
  })

  it('has objects that are longer than a piece, also where a character is cut', () => {
    const long = (length: number): string => `{"id":1,"text":"${'é'.repeat(length)}","tags":["a\\nb"]}`
    const text = ['{"id":1,"text":"","tags":[]}', long(10), long(400_000), long(20), '', long(131_072), long(5)].join(
      '\n',
    )
    const bytes = Buffer.from(text)
    for (const size of [262_144, 262_145, 65_537]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      )
      const scanned = { rows: 0 }
      expect(asBytes(pieces, scanned)).toEqual(asText(pieces))
      expect(scanned.rows).toBeGreaterThan(0)
    }
  })
})

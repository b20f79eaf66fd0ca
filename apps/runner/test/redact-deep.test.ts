import { expect, it } from 'vitest'
import { redactDeep } from '../src/redact-deep.ts'

it('a document of many tables is redacted text by text, each text once', () => {
  let asked = 0
  const redact = (text: string): string => {
    asked++
    return text.replaceAll('s3cret', '***')
  }
  const tables = Array.from({ length: 100 }, (_, at) => ({
    name: `t${at} s3cret`,
    note: 'says s3cret',
    at: { x: [1] },
  }))
  const shown = redactDeep({ tables }, redact)
  expect(shown.tables[99]).toEqual({ name: 't99 s3cret', note: 'says ***', at: { x: [1] } })
  expect(asked).toBe(1)
  expect(tables[0]!.note).toBe('says s3cret')
})

it('a key named __proto__ is one like any other', () => {
  const shown = redactDeep(JSON.parse('{"__proto__": {"note": "s3cret"}}') as object, () => '***')
  expect(JSON.stringify(shown)).toBe('{"__proto__":{"note":"***"}}')
})

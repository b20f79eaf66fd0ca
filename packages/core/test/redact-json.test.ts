import { describe, expect, it } from 'vitest'
import { createMasker } from '../src/values/masker.ts'
import { redactJson } from '../src/values/redact-json.ts'

const masker = createMasker()
masker.add(['name', 'live', '1234', 'true', 'a"b-and-more'])
const redacted = (json: string): string => redactJson(json, (text) => masker.redact(text))

describe('a JSON text with secrets in it', () => {
  it.each<[string, string, string]>([
    ['keeps its names', '{"name":{"live" : 1}}', '{"name":{"live" : 1}}'],
    ['keeps its numbers and words', '[1234,true,{"x":1234}]', '[1234,true,{"x":1234}]'],
    ['loses them in its texts', '{"x":"the name is live","y":["1234"]}', '{"x":"the *** is ***","y":["***"]}'],
    ['stays JSON where one holds a quote', '["a\\"b-and-more"]', '["***"]'],
    ['loses them where it is cut within a text', '{"name":"x","y":"the live', '{"name":"x","y":"the ***'],
  ])('%s', (_, json, expected) => expect(redacted(json)).toBe(expected))
})

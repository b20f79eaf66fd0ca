import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import source from '@tidemark/source-rest'
import { describe, expect, it } from 'vitest'
import { configOf, FOLDER } from './configs.ts'

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'))

it('there are configs', () => {
  expect(files.length).toBeGreaterThan(5)
})

describe.each(files)('%s', (file) => {
  it('is a config of the source', async () => {
    const config = await configOf(file)
    const parsed = (source.config as { safeParse(value: unknown): { error?: { issues: unknown } } }).safeParse(config)
    expect(parsed.error?.issues).toBeUndefined()
  })

  it('says first what it was tried against', () => {
    const [line] = readFileSync(join(FOLDER, file), 'utf8').match(/^\/\/ .*$/m)!
    expect(line).toMatch(
      /^\/\/ (?:Not tried against the service\.|Tried against .*; not against the service itself\.)$/,
    )
  })

  it('is in the README', () => {
    expect(readFileSync(join(FOLDER, '../README.md'), 'utf8')).toContain(`(src/${file})`)
  })
})

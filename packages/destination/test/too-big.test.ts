import { DatabaseSync } from 'node:sqlite'
import { SyncError } from '@tidemark/core'
import { expect, it } from 'vitest'
import { explain } from '../src/dialects/sqlite/errors.ts'

it('a value that SQLite does not take is said as what it is, with the way out', () => {
  const database = new DatabaseSync(':memory:')
  const thrown = (): unknown => {
    try {
      return database.prepare('select zeroblob(1500000000)').get()
    } catch (error) {
      return explain(error, '/data/x.db')
    }
  }
  const error = thrown() as SyncError
  expect(SyncError.is(error)).toBe(true)
  expect(error).toMatchObject({ remedy: 'fix-config', code: 'destination-failed' })
  expect(error.message).toMatch(/x\.db accepts no value or row of more than 1,000,000,000 bytes.*leave its column out/)
  database.close()
})

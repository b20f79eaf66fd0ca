import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folder, open } from './place.ts'

it('questions to SQLite share one connection: each new one would read the definitions of all tables first', async () => {
  const path = join(folder(), 'x.db')
  const destination = await open(path)
  await destination.query('select 1')
  // A connection that is opened from here on finds no state.
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`)
  expect((await destination.query('select count(*) from _tidemark_tables')).rows).toEqual([[0]])
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openDestination } from '@tidemark/destination'
import { testDestination } from '../src/index.ts'

testDestination('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-'))
  return {
    execute: async (statement) => {
      const database = new DatabaseSync(join(folder, 'test.db'))
      database.exec(statement)
      database.close()
    },
    connect: (options) => openDestination({ url: join(folder, 'test.db'), ...options }),
    remove: async () => rmSync(folder, { recursive: true }),
  }
})

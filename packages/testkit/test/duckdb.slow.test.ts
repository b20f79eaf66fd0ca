import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { type TestDatabase, testDestination } from '../src/index.ts'
import { byHand } from './duckdb-by-hand.ts'

// Thousands of commits, each of which would wait for the disk.
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const open = async (): Promise<TestDatabase> => {
  const folder = mkdtempSync(join(MEMORY, 'tidemark-'))
  const path = join(folder, 'test.duckdb')
  return {
    execute: (statement) => byHand(path, statement),
    connect: (options) => openDestination({ url: path, ...options }),
    remove: async () => rmSync(folder, { recursive: true }),
  }
}

// A commit takes five times as long as on SQLite.
testDestination('duckdb', open, { examples: 10 })

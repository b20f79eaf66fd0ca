import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { onTestFinished } from 'vitest'
import type { KillPlace } from '../src/crash-harness.ts'

/** A database that is there for one test. */
export interface CrashPlace extends KillPlace {
  /** What its url shows of it in messages. */
  readonly shown: string
  /** Keeps a copy. @returns what puts it back. */
  backup(): Promise<() => Promise<void>>
}

/** Makes empty databases of one kind. */
export interface Places {
  readonly name: string
  /** One writer at a time: who is stopped inside a transaction holds everyone up. */
  readonly singleWriter: boolean
  empty(): Promise<CrashPlace>
  /** For the negative control: what writes here has no transactions. Absent: other places prove the harness. */
  torn?(): Promise<CrashPlace & { readonly withoutTransactions?: boolean }>
}

/** Who looks, and takes no lease. */
export const looker = { id: 'checker', host: 'checker', pid: 1, startedAt: 0n }

// Processes die here, and no power fails: what was written is there either way. So the files may lie in memory.
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** @param companions what stands beside the file while it is in use. */
async function emptyFile(name: string, companions: readonly string[]): Promise<CrashPlace> {
  const folder = mkdtempSync(join(MEMORY, 'tidemark-crash-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const url = join(folder, name)
  return {
    url,
    shown: url,
    connect: () => openDestination({ url, runner: looker }),
    async backup() {
      const copy = `${url}.copy`
      copyFileSync(url, copy)
      return async () => {
        for (const more of companions) rmSync(`${url}${more}`, { force: true })
        copyFileSync(copy, url)
      }
    },
  }
}

const SQLITE = ['x.db', ['-wal', '-shm']] as const

export const sqlitePlaces: Places = {
  name: 'sqlite',
  singleWriter: true,
  empty: () => emptyFile(...SQLITE),
  torn: async () => ({ ...(await emptyFile(...SQLITE)), withoutTransactions: true }),
}

export const duckdbPlaces: Places = {
  name: 'duckdb',
  singleWriter: true,
  empty: () => emptyFile('x.duckdb', ['.wal']),
}

import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { onTestFinished } from 'vitest'
import type { Place } from '../src/crash-harness.ts'

/** A database that is there for one test. */
export interface CrashPlace extends Place {
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
  /** For the negative control: what writes here has no transactions. */
  torn(): Promise<CrashPlace & { readonly withoutTransactions?: boolean }>
}

/** Who looks, and takes no lease. */
export const looker = { id: 'checker', host: 'checker', pid: 1, startedAt: 0n }

// Processes die here, and no power fails: what was written is there either way. So the files may lie in memory.
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

async function emptyFile(): Promise<CrashPlace> {
  const folder = mkdtempSync(join(MEMORY, 'tidemark-crash-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const url = join(folder, 'x.db')
  return {
    url,
    shown: url,
    connect: () => openDestination({ url, runner: looker }),
    async backup() {
      const copy = `${url}.copy`
      copyFileSync(url, copy)
      return async () => {
        for (const more of ['-wal', '-shm']) rmSync(`${url}${more}`, { force: true })
        copyFileSync(copy, url)
      }
    },
  }
}

export const sqlitePlaces: Places = {
  name: 'sqlite',
  singleWriter: true,
  empty: emptyFile,
  torn: async () => ({ ...(await emptyFile()), withoutTransactions: true }),
}

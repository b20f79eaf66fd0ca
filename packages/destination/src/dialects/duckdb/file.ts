import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { makeFolder } from '../../files/make-file.ts'
import { Turns } from '../../turns.ts'
import { type Driver, driver } from './driver.ts'
import { explain, isLocked } from './errors.ts'
import { Memory } from './memory.ts'

/** A DuckDB file that this process has open. */
export interface DuckDbFile {
  readonly duckdb: Driver
  readonly path: string
  /** Transactions of this process come one after the other: DuckDB would let two of them fail that write the same row. */
  readonly turns: Turns
  /** Undefined where it is only read: an answer takes what it needs. */
  readonly memory: Memory | undefined
  connect(): Promise<DuckDBConnection>
  /** Lets it go; the last one closes it. */
  close(): void
}

interface Opened {
  readonly instance: DuckDBInstance
  readonly isReadOnly: boolean
  readonly turns: Turns
  readonly memory: Memory | undefined
  users: number
}

const PAUSE_MS = 50

/**
 * The files of this process, each opened once: a second opening, even of a file that is only read, would end the lock of
 * the first one as it is closed, and another process would get in.
 */
const files = new Map<string, Promise<Opened>>()

/** No statement of the user's reaches another file, and nothing is downloaded. */
const CLOSED = {
  enable_external_access: 'false',
  allow_community_extensions: 'false',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
}

export interface FileOptions {
  readonly isReadOnly: boolean
  /** How long another process, or a reader of this one, is waited for. */
  readonly waitMs: number
}

/** Opens a file, and makes it where it is not there and may be written. @throws SyncError that names the path and the way out. */
export async function openFile(path: string, options: FileOptions): Promise<DuckDbFile> {
  const duckdb = driver()
  if (!options.isReadOnly) makeFolder(path)
  const name = realPath(path)
  const deadline = performance.now() + options.waitMs
  for (;;) {
    try {
      const opened = await take(duckdb, name, options)
      if (opened !== undefined) return inUse(duckdb, name, opened)
      if (performance.now() > deadline) throw new Error('Could not set lock: it is read by this process')
    } catch (error) {
      if (!isLocked(error) || performance.now() > deadline) throw explain(error, path)
    }
    await sleep(PAUSE_MS)
  }
}

/** @returns undefined where it is open for reading alone, and shall be written. */
async function take(duckdb: Driver, name: string, { isReadOnly }: FileOptions): Promise<Opened | undefined> {
  const there = files.get(name)
  if (there !== undefined) {
    const opened = await there
    if (files.get(name) !== there || (opened.isReadOnly && !isReadOnly)) return undefined
    opened.users++
    return opened
  }
  const opening = open(duckdb, name, isReadOnly)
  files.set(name, opening)
  try {
    return await opening
  } catch (error) {
    files.delete(name)
    throw error
  }
}

async function open({ DuckDBInstance }: Driver, name: string, isReadOnly: boolean): Promise<Opened> {
  if (!isReadOnly) keepToOwner()
  try {
    // From the driver's cache, so that it is the same one that others of this process have, who open it with these settings.
    const instance = await DuckDBInstance.fromCache(name, isReadOnly ? { ...CLOSED, access_mode: 'READ_ONLY' } : CLOSED)
    return { instance, isReadOnly, turns: new Turns(1), memory: isReadOnly ? undefined : new Memory(), users: 1 }
  } catch (error) {
    if (!isReadOnly) letGo()
    throw error
  }
}

function inUse(duckdb: Driver, name: string, opened: Opened): DuckDbFile {
  let isOpen = true
  return {
    duckdb,
    path: name,
    turns: opened.turns,
    memory: opened.memory,
    connect: () => opened.instance.connect(),
    close() {
      if (!isOpen) return
      isOpen = false
      if (--opened.users > 0) return
      files.delete(name)
      opened.instance.closeSync()
      if (!opened.isReadOnly) letGo()
    },
  }
}

const OTHERS = 0o077
let keeping = 0
let before = 0

/**
 * Makes files that others of this machine may not read, for as long as a file is open for writing: DuckDB makes its log and
 * its temporary files whenever it needs them, and by the umask.
 */
function keepToOwner(): void {
  if (isMainThread && keeping++ === 0) before = process.umask(process.umask() | OTHERS)
}

function letGo(): void {
  if (isMainThread && --keeping === 0) process.umask(before)
}

/** One file has one name, whatever links lead to it. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const folder = dirname(path)
  return join(existsSync(folder) ? realpathSync(folder) : folder, basename(path))
}

import { SyncError } from '@tidemark/core'
import type { Project } from '@tidemark/core/engine'
import type { PgBoss } from 'pg-boss'
import { quotedName } from '../values/literal.ts'
import { createQueues, startBoss } from './boss.ts'
import { joinQueue } from './project-groups.ts'
import type { QueueDatabase } from './queue-database.ts'
import { createTables, hasQueue, type QueueTables } from './queue-tables.ts'

export interface OpenQueue {
  readonly boss: PgBoss
  /** The number of the project among those that share the queue. */
  readonly project: number
}

export interface OpenQueueOptions {
  readonly database: QueueDatabase
  readonly tables: QueueTables
  readonly project: Project | undefined
  readonly onTrouble: (message: string) => void
}

/** Makes the queue where it is missing, and starts pg-boss on it. Processes that do so at the same moment wait for each other. */
export async function openBoss({ database, tables, project, onTrouble }: OpenQueueOptions): Promise<OpenQueue> {
  const { schema } = tables
  const lock = `select pg_advisory_xact_lock(hashtextextended($1, 0))`
  const number = await database
    .transaction(async (execute) => {
      await execute(lock, [`tidemark ${schema}`])
      if (!(await hasQueue(execute, tables))) await execute(`create schema ${quotedName(schema)}`)
      await createTables(execute, tables)
      return await joinQueue(execute, tables, project)
    })
    .catch((error: unknown) => {
      throw (error as { readonly code?: unknown }).code === '42501' ? mayNotCreate(database, schema, error) : error
    })
  return await database.transaction(async (execute) => {
    await execute(lock, [`tidemark ${schema}`])
    const boss = await startBoss({ schema, execute: database.execute, onTrouble })
    try {
      await createQueues(boss)
      return { boss, project: number }
    } catch (error) {
      await boss.stop({ graceful: false })
      throw error
    }
  })
}

function mayNotCreate({ shown }: QueueDatabase, schema: string, cause: unknown): SyncError {
  return new SyncError(
    `the role may not create the schema "${schema}" in the database ${shown}, where workers share their queue; create it: CREATE SCHEMA ${quotedName(schema)} AUTHORIZATION <role>`,
    'fix-config',
    { code: 'destination-unavailable', cause },
  )
}

/** No such schema, table, function, or type: the queue was dropped, or a backup without it was restored. */
const LOST = /^(3F000|42P01|42883|42704)$/

/** Whether an error says that the queue is gone, so that it is made again and planned again. */
export function isQueueLost(error: unknown): boolean {
  const { code, message, constraint } = (error ?? {}) as Partial<Readonly<Record<string, unknown>>>
  if (typeof code === 'string' && LOST.test(code)) return true
  // Another worker is making it again: its tables are there, and its queues not yet.
  if (code === '23503' && constraint === 'q_fkey') return true
  return typeof message === 'string' && /^Queue \w+ does not exist$/.test(message)
}

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf, SyncError } from '@tidemark/core'
import type { PgBoss } from 'pg-boss'
import type { Execute } from './queue-database.ts'

/** As the manifest of this package asks for it: a release whose tables are known. */
const WANTED = 'pg-boss@12.38.0'

/** The queue of windows, and where those go that failed. */
export const WINDOWS = 'windows'
export const DEAD = 'dead'

const DAY = 86_400

let loaded: typeof PgBoss | undefined

/**
 * pg-boss, which only those install who share a sync between machines: found beside this package, or in the caller's project.
 *
 * @throws SyncError that names the package.
 */
function bossClass(): typeof PgBoss {
  if (loaded !== undefined) return loaded
  const failures: unknown[] = []
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      loaded = (createRequire(from)('pg-boss') as { readonly PgBoss: typeof PgBoss }).PgBoss
      return loaded
    } catch (error) {
      failures.push(error)
    }
  }
  throw new SyncError(
    `sharing a sync between machines needs the package pg-boss, which cannot be loaded here (${messageOf(failures[0]).split('\n')[0]}); add it to the project with: pnpm add ${WANTED}`,
    'fix-config',
    { code: 'queue-package', cause: failures[0] },
  )
}

export interface BossOptions {
  readonly schema: string
  readonly execute: Execute
  /** Called for what goes wrong in pg-boss's own maintenance: nothing of a window depends on it. */
  readonly onTrouble: (message: string) => void
}

/** Starts pg-boss over connections of ours: it makes and migrates its tables, and keeps them small. */
export async function startBoss({ schema, execute, onTrouble }: BossOptions): Promise<PgBoss> {
  const boss = new (bossClass())({
    db: executorOf(execute),
    schema: `"${schema}"`,
    // Only where it is missing, and before: a user who may use a schema may not always create one.
    createSchema: false,
    // The planner of a source keeps its own time, and workers are known by their runners' heartbeats.
    schedule: false,
    registerInstance: false,
    maintenanceIntervalSeconds: 600,
  })
  boss.on('error', (error) => onTrouble(messageOf(error)))
  boss.on('warning', ({ message }) => onTrouble(message))
  await boss.start()
  return boss
}

/** Makes both queues where they are missing. */
export async function createQueues(boss: PgBoss): Promise<void> {
  const common = { retryLimit: 0, retentionSeconds: 14 * DAY }
  await boss.createQueue(DEAD, common)
  await boss.createQueue(WINDOWS, {
    ...common,
    // At most one job of a window, queued or running: a key alone is not unique.
    policy: 'exclusive',
    deadLetter: DEAD,
    // The longest that pg-boss knows, and no heartbeat of its own: the lease alone says who is dead.
    expireInSeconds: DAY,
    deleteAfterSeconds: 3600,
  })
}

/** What pg-boss is given as a database: a connection of ours, or a transaction. */
export function executorOf(execute: Execute) {
  return {
    // Several statements in one text have several results, and pg-boss takes them as the driver gives them.
    executeSql: async (text: string, values?: unknown[]) => (await execute(text, values)) as { rows: unknown[] },
  }
}

import { join } from 'node:path'
import { runSource } from '../../testkit/test/source-run.ts'

/** As large as the engine makes them by itself. */
export const USUAL_BATCH = { rows: 10_000, bytes: 16_000_000 }
const SMALL_BATCH = { rows: 1000, bytes: 1_000_000 }

/** One run of what is built, in a process of its own. @param batch absent: small ones, of which a run has many. */
export function logRun(url: string, config: object, batch = SMALL_BATCH): ReturnType<typeof runSource> {
  return runSource({
    file: join(import.meta.dirname, '../dist/index.js'),
    url,
    config,
    name: 'crm',
    options: { deletionLimit: 'none' },
    settings: { retry: { attempts: 30, firstDelayMs: 20, maxDelayMs: 200 }, batch },
  })
}

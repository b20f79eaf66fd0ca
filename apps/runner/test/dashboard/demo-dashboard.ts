import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shellCommands } from '@tidemark/core/engine'
import { openAccess } from '../../src/dashboard/access/access.ts'
import type * as module from '../../src/dashboard/dashboard.ts'
import { type Seed, seedState } from './seed-state.ts'

const { startDashboard } = createRequire(import.meta.url)('../../dist/dashboard.js') as typeof module

export interface DemoDashboard {
  readonly origin: string
  readonly path: string
  close(): Promise<void>
}

/** The built dashboard over a state that was written as the test says. */
export async function demoDashboard(seed: Seed, redact = (text: string): string => text): Promise<DemoDashboard> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-dashboard-'))
  const path = join(folder, 'tidemark.db')
  await seedState(path, seed)
  const dashboard = await startDashboard({
    url: path,
    place: 'data/tidemark.db',
    version: '0.1.0',
    port: 0,
    command: shellCommands('pnpm tidemark'),
    redact,
    freshness: {},
    ...{ host: '127.0.0.1', basePath: '', access: openAccess({}, undefined) },
  })
  return {
    origin: `http://127.0.0.1:${dashboard.port}`,
    path,
    async close() {
      await dashboard.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

import { expect, it } from 'vitest'
import { isBusy, isShared, workLines } from '../../src/show/work.ts'
import type { WorkView } from '../../src/work/work-view.ts'

const window = {
  source: 'shop',
  table: 'shop_orders',
  partition: '',
  lane: 'backfill',
  from: null,
  to: '2026-01-02',
} as const
const fix = { what: 'correct the config', when: 'then', command: 'tidemark sync shop_orders', see: 'the page' }
const view: WorkView = {
  sources: [
    {
      source: 'shop',
      queued: 1,
      running: 2,
      dead_letters: 1,
      paused_until: '2026-01-03T10:20:30.000Z',
      planned_at: null,
    },
    { source: 'crm', queued: 0, running: 0, dead_letters: 0, paused_until: null, planned_at: null },
  ],
  workers: [
    { host: 'one', pid: 7, since: '', concurrency: 4, state: 'alive', reads: [{ ...window, since: '' }] },
    { host: 'two', pid: 8, since: '', concurrency: 4, state: 'dead', reads: [{ ...window, since: '' }] },
  ],
  dead_letters: [{ ...window, failed_at: '', error: 'no such\ntable', fix }],
}

it('says who shares the windows, what waits, and what failed and how to fix it', () => {
  expect(workLines(view)).toEqual([
    '1 worker: process 7 on one reads 1 window; 1 worker died, and what it read is returned to the queue.',
    'shop: 1 window queued, 2 being read, 1 failed, paused until 10:20:30Z.',
    'failed: a window of shop_orders (the beginning to 2026-01-02): no such ⏎ table (correct the config; then: tidemark sync shop_orders; see the page)',
  ])
  expect(workLines({ ...view, workers: [], dead_letters: [] })[0]).toBe('No worker is active.')
  expect([isShared(view), isShared({ ...view, workers: view.workers.slice(1) })]).toEqual([true, false])
  expect([isBusy(view), isBusy({ ...view, sources: view.sources.slice(1) })]).toEqual([true, false])
})

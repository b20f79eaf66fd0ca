import { expect, it } from 'vitest'
import { workerHealthOf } from '../../src/service/worker-health.ts'

const NOW = Date.UTC(2026, 0, 2, 12)
const facts = { problem: undefined, now: NOW, leaseMs: 60_000 }
const reads = [{ source: 'shop', table: 'shop_orders', since: NOW - 3_600_000 }]

it('a worker that reads a window for an hour is well, as long as its heartbeat is', () => {
  const pulse = { heartbeatAt: NOW - 60_000, reads }
  expect(workerHealthOf({ ...facts, pulse })).toEqual({
    ...{ status: 'ok', reasons: [], database: 'ok', heartbeat_at: '2026-01-02T11:59:00.000Z' },
    reads: [{ source: 'shop', table: 'shop_orders', since: '2026-01-02T11:00:00.000Z' }],
  })
})

it.each([
  ['has not begun yet', undefined, undefined, []],
  ['has no heartbeat for longer than it counts', 60_001, undefined, [/^no heartbeat since 2026-01-02T11:58:59.999Z/]],
  ['does not reach its database', 1000, 'no route', [/^the database does not answer: no route$/]],
])('a worker that %s', (_, agoMs, problem, reasons) => {
  const heartbeatAt = agoMs === undefined ? undefined : NOW - agoMs
  const health = workerHealthOf({ ...facts, problem, pulse: { heartbeatAt, reads: [] } })
  expect(health.status).toBe(reasons.length === 0 ? 'ok' : 'failing')
  expect(health.reasons).toEqual(reasons.map((one) => expect.stringMatching(one)))
})

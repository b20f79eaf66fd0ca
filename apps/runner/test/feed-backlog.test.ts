import type { BacklogSummary } from '@tidemark/engine'
import { expect, it } from 'vitest'
import { backlogLines } from '../src/show/feeds.ts'

const NOW = Date.parse('2026-05-01T12:00:00Z')
const BACKLOG: BacklogSummary = {
  at: '2026-05-01T11:59:50Z',
  holder: 'replication slot "tidemark_1"',
  lag_bytes: 3000,
  held_bytes: 5 * 1024 ** 3,
  safe_bytes: 7 * 1024 ** 3,
  is_limited: true,
  bytes_per_second: 2 * 1024 ** 2,
  lost_at: '2026-05-01T13:00:00Z',
  cleanup: ['DROP PUBLICATION x;'],
}

it('status says what the source of a feed keeps for it, and how long', () => {
  expect(backlogLines({ backlog: BACKLOG, tables: ['t'] }, NOW)).toEqual([
    'replication slot "tidemark_1" 10 s ago: held 5.0 GB, 3 kB behind, its source writes 2 MB/s, lost in 60 min if nobody reads it',
  ])
  const unlimited = { ...BACKLOG, safe_bytes: null, is_limited: false, lost_at: null }
  expect(backlogLines({ backlog: unlimited, tables: ['t'] }, NOW)[0]).toMatch(
    /nothing limits what it holds but the disk/,
  )
  expect(backlogLines({ backlog: { ...BACKLOG, lost_at: '2026-05-01T11:00:00Z' }, tables: ['t'] }, NOW)[0]).toMatch(
    /its source may have given it up$/,
  )
})

it('status has the statements for a feed that nothing reads any more', () => {
  expect(backlogLines({ backlog: BACKLOG, tables: [] }, NOW)[1]).toBe(
    'nothing reads it any more; to remove it, run at its source: DROP PUBLICATION x;',
  )
})

import type { Seed, SeedRun, SeedTable } from './seed-state.ts'

const DAY = 86_400_000
const MINUTE = 60_000

/** A large state: so many tables, each with a step in each of so many runs. */
export function manyTables({ tables, runs, now }: { tables: number; runs: number; now: number }): Seed {
  const nameOf = (at: number): string => `shop${at % 20}_table_${String(at).padStart(4, '0')}`
  const start = now - 365 * DAY
  function* all(): Generator<SeedTable> {
    for (let at = 0; at < tables; at++) {
      const isFailing = at % 97 === 13
      const to = now - (isFailing ? 3 * DAY : 5 * MINUTE)
      const covered: [number, number][] =
        at % 11 === 3
          ? [
              [start, start + 100 * DAY],
              [start + 130 * DAY, to],
            ]
          : [[start, to]]
      yield {
        name: nameOf(at),
        source: `shop${at % 20}`,
        status: isFailing ? 'failing' : 'complete',
        cursor: 'timestamp',
        lastSyncedAt: to,
        partitions: [
          {
            partition: '',
            start,
            covered,
            ...(isFailing
              ? { failures: 3, nextTryAt: now + MINUTE, lastError: 'the shop answers 503; it is tried again' }
              : {}),
          },
        ],
        rows: Array.from({ length: 20 }, (_, id) => ({ id, title: `row ${id}`, updated_at: '2026-01-01T00:00:00Z' })),
      }
    }
  }
  function* every(): Generator<SeedRun> {
    for (let run = 1; run <= runs; run++) {
      const startedAt = now - (runs - run + 1) * 5 * MINUTE
      yield {
        run,
        startedAt,
        endedAt: startedAt + 2 * MINUTE,
        exitCode: 3,
        steps: Array.from({ length: tables }, (_, at) => ({
          table: nameOf(at),
          kind: 'incremental' as const,
          from: startedAt - 5 * MINUTE,
          to: startedAt,
          beganAt: startedAt + at * 100,
          endedAt: startedAt + at * 100 + 90,
          written: (at * 7 + run * 13) % 50,
          durationMs: 90,
          writingMs: 20 + (at % 40),
          ...(at % 97 === 13 ? { error: 'the shop answers 503; it is tried again' } : {}),
        })),
      }
    }
  }
  return { tables: all(), runs: every() }
}

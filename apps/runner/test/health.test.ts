import type { RunEvent } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { EventSources } from '../src/service/event-sources.ts'
import { healthOf } from '../src/service/health.ts'
import type { LoopStatus } from '../src/service/metric-families.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 0, 2, 12)

const pulse = (busy: LoopStatus['busy']): LoopStatus => ({
  isRunning: busy.length > 0,
  busy,
  lastEndedAt: undefined,
  lastSuccessAt: undefined,
  lastExitCode: undefined,
  dueAt: undefined,
})

describe('the page of health', () => {
  const busy = [
    { source: 'deaf', since: NOW - 50 * MINUTE, heardAt: NOW - 40 * MINUTE },
    { source: 'well', since: NOW - 50 * MINUTE, heardAt: NOW - MINUTE },
  ]

  it('names what hangs and since when, and calls nothing hanging that may still wait', () => {
    const hangs = healthOf({ pulse: pulse(busy), problem: undefined, now: NOW, silenceMs: 25 * MINUTE })
    expect(hangs.status).toBe('failing')
    expect(hangs.reasons).toEqual(['"deaf" hangs: no sign of life since 2026-01-02T11:20:00.000Z'])
    expect(hangs.busy).toContainEqual({
      source: 'deaf',
      since: '2026-01-02T11:10:00.000Z',
      heard_at: '2026-01-02T11:20:00.000Z',
      waits_for: null,
    })
    // A source that is given more time has it here as well.
    const waits = healthOf({ pulse: pulse(busy), problem: undefined, now: NOW, silenceMs: 40 * MINUTE })
    expect(waits).toMatchObject({ status: 'ok', reasons: [] })
  })

  it('says what a source leaves without an answer, and since when', () => {
    const question = { what: 'a connection', askedAt: BigInt(NOW - MINUTE) * 1000n }
    const health = healthOf({
      pulse: pulse([{ source: 'deaf', since: NOW - MINUTE, heardAt: NOW - MINUTE, question }]),
      ...{ problem: undefined, now: NOW, silenceMs: 25 * MINUTE },
    })
    expect(health.busy[0]?.waits_for).toEqual({ what: 'a connection', asked_at: '2026-01-02T11:59:00.000Z' })
  })

  it('takes what is heard of one source for nothing of another', () => {
    const sources = new EventSources()
    const work = [{ table: 'well_t', source: 'well', partitions: 1, steps: 1, untilEmpty: false, coverage: undefined }]
    const step = { type: 'batch-committed', table: 'well_t', partition: '', step: 1, rows: {} } as const
    expect(sources.of({ type: 'run-started', run: 1 })).toBeUndefined()
    expect(sources.of({ type: 'tables-planned', work } satisfies RunEvent)).toEqual(new Set(['well']))
    expect(sources.of(step)).toEqual(new Set(['well']))
    expect(sources.of({ type: 'source-ended', source: 'deaf' })).toEqual(new Set(['deaf']))
    expect(sources.of({ type: 'source-silent', source: 'deaf', question: undefined })).toEqual(new Set(['deaf']))
  })
})

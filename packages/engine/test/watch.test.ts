import { seconds } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { plan, type RunEvent, status, sync, watch } from '../src/index.ts'
import { instant, openMemory, run, System, sourceOf } from './system.ts'

function systemOf(count: number): System {
  const system = new System()
  for (let id = 1; id <= count; id++) system.put({ id, at: id, text: `v${id}` })
  return system
}

async function optionsFor(system: System, pageSize = 5, partRows = 20_000) {
  const destination = await openMemory()
  const sources = [{ name: 'memory', source: sourceOf(system, {}, pageSize), config: {}, options: {} }]
  return { sources, destination, settings: { batch: { rows: partRows, bytes: 1e9 } } }
}

describe('a run that is watched', () => {
  it('says what happens in its order, typed, and ends with its report', async () => {
    const options = await optionsFor(systemOf(12), 5, 4)
    const run = watch(options)
    const events: RunEvent[] = []
    let rows = 0
    for await (const event of run) {
      if (event.type === 'missed') throw new Error('nothing was missed')
      events.push(event)
      if (event.type === 'batch-committed') rows += event.rows.written ?? 0
    }
    const report = await run.report
    expect(rows).toBe(12)
    expect(events[0]).toEqual({ type: 'run-started', run: 1 })
    expect(events[1]).toMatchObject({ type: 'tables-planned', work: [{ table: 'memory_events' }] })
    expect(events.at(-1)).toEqual({ type: 'run-ended', report })
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set([
        'run-started',
        'tables-planned',
        'step-started',
        'batch-committed',
        'step-ended',
        'source-ended',
        'run-ended',
      ]),
    )
    const steps = events.filter(({ type }) => type === 'step-started').length
    expect(events.filter(({ type }) => type === 'step-ended').length).toBe(steps)
    await options.destination.close()
  })

  it('calls onEvent as well, once for each event', async () => {
    const told: RunEvent[] = []
    const options = { ...(await optionsFor(systemOf(3))), onEvent: (event: RunEvent) => void told.push(event) }
    const seen: unknown[] = []
    for await (const event of watch(options)) seen.push(event)
    expect(seen).toEqual(told)
    await options.destination.close()
  })

  it('goes on when the loop is left, and stops by its signal', async () => {
    const options = await optionsFor(systemOf(30), 1, 1)
    const run = watch(options)
    for await (const event of run) if (event.type === 'batch-committed') break
    expect((await run.report).tables[0]?.rows.written).toBe(30)

    const controller = new AbortController()
    const system = systemOf(30)
    const stopped = watch({ ...(await optionsFor(system, 1, 1)), signal: controller.signal })
    let parts = 0
    for await (const event of stopped) if (event.type === 'batch-committed' && ++parts === 3) controller.abort()
    const report = await stopped.report
    expect(report.interrupted).toBe(true)
    expect(report.tables[0]?.rows.written).toBeLessThan(30)
  })

  it('does not wait for a watcher that sleeps: what is too much is counted', async () => {
    const options = await optionsFor(systemOf(300), 1, 1)
    const run = watch(options, { kept: 20 })
    const report = await run.report
    expect(report.tables[0]?.rows.written).toBe(300)
    let missed = 0
    let seen = 0
    let last: unknown
    for await (const event of run) {
      if (event.type === 'missed') missed += event.count
      else seen++
      last = event.type
    }
    expect(seen).toBe(20)
    // A part a row; one start and one end of the step and of the run; and the last part of all, which closes the step.
    expect(missed + seen).toBeGreaterThanOrEqual(300 + 4)
    expect(last).toBe('run-ended')
    await options.destination.close()
  })

  it('throws in the loop where sync does, and nothing is left unhandled', async () => {
    const options = { ...(await optionsFor(systemOf(1))), select: ['no such table'] }
    const loop = async (): Promise<void> => {
      for await (const _ of watch(options));
    }
    await expect(loop()).rejects.toThrow(/no such table/)
    await expect(watch(options).report).rejects.toThrow(/no such table/)
    await options.destination.close()
  })
})

it('plan, sync and status are all that a program needs', async () => {
  const options = await optionsFor(systemOf(5))
  expect((await plan(options)).tables.map(({ name, tracking }) => [name, tracking])).toEqual([['memory_events', 'new']])
  expect(await status(options)).toMatchObject({ tables: [], to_timestamp: null })
  expect((await sync(options)).exitCode).toBe(0)
  expect(await status(options)).toMatchObject({ synced_tables: ['memory_events'] })
  expect((await plan(options)).tables.map(({ tracking }) => tracking)).toEqual(['known'])
  await options.destination.close()
})

it('says how much there is to do, and where each step stands in it', async () => {
  const system = systemOf(40)
  const destination = await openMemory()
  const spec = { start: instant(0), window: seconds(100) }
  system.now = 500
  await run({ system, destination, spec })
  system.now = 1000
  const events: RunEvent[] = []
  await run({ system, destination, spec, options: { onEvent: (event) => void events.push(event) } })
  const started = events.find((event) => event.type === 'tables-planned')
  const steps = events.filter((event) => event.type === 'step-started')
  expect(started?.work).toEqual([
    {
      table: 'memory_events',
      source: 'memory',
      partitions: 1,
      steps: 5,
      untilEmpty: false,
      coverage: {
        from: instant(0).replace('.000', ''),
        to: '1970-01-01T00:16:40Z',
        segments: [{ from: 0, to: 0.5, share: 1 }],
      },
    },
  ])
  expect(steps.map(({ index: place, of, attempt }) => [place, of, attempt])).toEqual(
    [1, 2, 3, 4, 5].map((at) => [at, 5, 1]),
  )
  // Together they are what is not covered.
  const spans = steps.map(({ span }) => span!).sort((a, b) => a.from - b.from)
  expect(spans.map(({ from }) => from)).toEqual([0.5, 0.6, 0.7, 0.8, 0.9].map((from) => expect.closeTo(from)))
  expect(spans.at(-1)?.to).toBe(1)
  expect(steps[0]?.window).toEqual({ from: '1970-01-01T00:15:00Z', to: '1970-01-01T00:16:40Z' })
  await destination.close()
})

import { context, metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { flushTelemetry } from '../src/run/telemetry.ts'
import { openMemory, run, System } from './system.ts'

let system: System
let destination: Destination
beforeEach(async () => {
  system = new System()
  destination = await openMemory()
  for (let id = 0; id < 12; id++) system.put({ id, at: id * 10, text: 'a' })
})
afterEach(async () => {
  await destination.close()
  trace.disable()
  context.disable()
  metrics.disable()
})

/** The real SDK, as a user's `--import` starts it. */
function listen() {
  const spans = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  return {
    named: (name: string): readonly ReadableSpan[] => spans.getFinishedSpans().filter((span) => span.name === name),
    points: async (name: string) => {
      await reader.forceFlush()
      const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      const found = all.findLast(({ descriptor }) => descriptor.name === name)
      return (found?.dataPoints ?? []).map(({ attributes, value }) => ({ attributes, value }))
    },
  }
}

const parentOf = (span: ReadableSpan | undefined): string | undefined => span?.parentSpanContext?.spanId
const idOf = (span: ReadableSpan | undefined): string | undefined => span?.spanContext().spanId

describe('with an OpenTelemetry SDK in the process', () => {
  it('a run, its steps and their commits are spans within one another', async () => {
    const heard = listen()
    const report = await run({ system, destination })
    const [whole] = heard.named('tidemark.run')
    expect(whole?.attributes).toEqual({ 'tidemark.exit_code': 0, 'tidemark.run': report.run, 'tidemark.tables': 1 })
    const [step] = heard.named('tidemark.step')
    expect(parentOf(step)).toBe(idOf(whole))
    expect(step?.attributes).toMatchObject({
      'tidemark.source': 'memory',
      'tidemark.table': 'memory_events',
      'tidemark.step.attempt': 1,
      'tidemark.rows.read': 12,
      'tidemark.rows.written': 12,
    })
    const commits = heard.named('tidemark.commit')
    expect(commits.length).toBeGreaterThan(0)
    expect(commits.map(parentOf)).toEqual(commits.map(() => idOf(step)))
    expect(commits[0]?.attributes).toMatchObject({
      'db.system.name': 'sqlite',
      'db.collection.name': 'memory_events',
      'tidemark.rows.written': 12,
    })
  })

  it("a source's own spans are children of the step that reads", async () => {
    const heard = listen()
    system.beforePage = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      trace.getTracer('fetch').startSpan('GET').end()
    }
    await run({ system, destination })
    const [step] = heard.named('tidemark.step')
    const requests = heard.named('GET')
    expect(requests).toHaveLength(3)
    expect(requests.map(parentOf)).toEqual(requests.map(() => idOf(step)))
  })

  it('an error has its code as type, and no secret in its message', async () => {
    const heard = listen()
    system.beforePage = () => {
      throw new SyncError('the token hunter2 is wrong', 'fix-config', {
        code: 'unauthorized',
        cause: new Error('hunter2'),
      })
    }
    const redact = (text: string): string => text.replaceAll('hunter2', '***')
    await run({ system, destination, options: { redact } })
    const [step] = heard.named('tidemark.step')
    expect(step?.attributes['error.type']).toBe('unauthorized')
    expect(step?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'the token *** is wrong' })
    expect(step?.events).toMatchObject([
      {
        name: 'exception',
        attributes: { 'exception.type': 'unauthorized', 'exception.message': 'the token *** is wrong' },
      },
    ])
    const [whole] = heard.named('tidemark.run')
    expect(whole?.attributes).toMatchObject({ 'tidemark.exit_code': 3, 'error.type': 'incomplete' })
    const told = [step, whole].map((span) => [span?.attributes, span?.events, span?.status])
    expect(JSON.stringify(told)).not.toContain('hunter2')
  })

  it('an attempt that is repeated is a span of its own', async () => {
    const heard = listen()
    let calls = 0
    system.beforePage = () => {
      if (++calls === 1) throw new SyncError('busy', 'retry', { code: 'rate-limited' })
    }
    await run({ system, destination })
    const attempts = heard
      .named('tidemark.step')
      .map(({ attributes }) => [attributes['tidemark.step.attempt'], attributes['error.type']])
    expect(attempts).toEqual([
      [1, 'rate-limited'],
      [2, undefined],
    ])
  })

  it('rows and lengths are metrics by table, never by partition', async () => {
    system.rows.set('north', system.all()).set('south', [{ id: 1, at: 5, text: 'b' }])
    system.rows.delete('')
    const heard = listen()
    await run({ system, destination })
    const rows = await heard.points('tidemark.rows')
    const table = { 'tidemark.source': 'memory', 'tidemark.table': 'memory_events' }
    expect(rows).toContainEqual({ attributes: { ...table, 'tidemark.rows.kind': 'written' }, value: 13 })
    for (const name of ['tidemark.run.duration', 'tidemark.step.duration', 'tidemark.commit.duration']) {
      const points = await heard.points(name)
      expect(points, name).toHaveLength(1)
      expect(JSON.stringify(points)).not.toMatch(/north|south/)
    }
  })
})

it('what is said grows with steps and parts, never with rows', async () => {
  const heard = listen()
  const spans = (): number =>
    ['tidemark.run', 'tidemark.step', 'tidemark.commit'].reduce((sum, name) => sum + heard.named(name).length, 0)
  await run({ system, destination })
  const few = spans()
  for (let id = 100; id < 4100; id++) system.put({ id, at: 1000 + (id - 100) / 10, text: 'b' })
  system.now = 2000
  const report = await run({ system, destination, pageSize: 500 })
  expect(report.tables[0]?.rows.written).toBe(4000)
  expect(spans() - few).toBe(few)
})

it('an SDK that gathers before it sends is asked to send at the end', async () => {
  const spans = new InMemorySpanExporter()
  const processor = new BatchSpanProcessor(spans, { scheduledDelayMillis: 3_600_000 })
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }))
  await run({ system, destination })
  expect(spans.getFinishedSpans()).toEqual([])
  await flushTelemetry()
  expect(spans.getFinishedSpans().map(({ name }) => name)).toContain('tidemark.run')
  await processor.shutdown()
})

it('without an SDK a run does the same', async () => {
  const report = await run({ system, destination })
  expect(report.exitCode).toBe(0)
  expect(report.tables[0]?.rows.written).toBe(12)
})

import { setTimeout as wait } from 'node:timers/promises'
import {
  type Attributes,
  context,
  type Meter,
  metrics,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Batch, Committed, StepRef } from '@tidemark/core/engine'
import { type Failure, failureOf } from '../failure/failure.ts'
import type { RunOptions } from '../options.ts'
import type { Report, RowCounts } from '../report/report.ts'
import type { StepTask } from './step-task.ts'

// Spans and metrics for OpenTelemetry (docs/running.md lists them). Without an SDK in the process the interface does
// nothing: what is left is a few calls a step and a batch, none a row (docs/decisions/0016).

const NAME = 'tidemark'

// Asked for each time: a meter that was taken before an SDK came stays deaf.
const tracer = (): Tracer => trace.getTracer(NAME)
const meter = (): Meter => metrics.getMeter(NAME)

/** A run: what sources and database do within it are its children. */
export function tracedRun(options: RunOptions, work: () => Promise<Report>): Promise<Report> {
  return within(
    'tidemark.run',
    { kind: SpanKind.INTERNAL, attributes: {}, redact: options.redact },
    work,
    (span, report, seconds) => {
      const attributes = { 'tidemark.exit_code': report.exitCode }
      span.setAttributes({ ...attributes, 'tidemark.run': report.run ?? 0, 'tidemark.tables': report.tables.length })
      if (report.exitCode !== 0)
        fail(span, report.failure?.message ?? `the run ended with ${report.exitCode}`, report.failure)
      meter()
        .createHistogram('tidemark.run.duration', { unit: 's', description: 'How long runs took.' })
        .record(seconds, attributes)
    },
  )
}

/** One attempt at a step. Its rows are counted by table: partitions are too many for a metric. */
export function tracedStep(
  step: { readonly ref: StepRef; readonly source: string; readonly rows: () => RowCounts },
  options: RunOptions,
  work: () => Promise<void>,
): Promise<void> {
  const { ref, source } = step
  const table = { 'tidemark.source': source, 'tidemark.table': ref.table }
  const attributes = {
    ...table,
    'tidemark.partition': ref.partition,
    'tidemark.step': ref.step,
    'tidemark.step.kind': ref.kind,
    'tidemark.step.attempt': ref.attempt,
  }
  const ended = (span: Span | undefined, seconds: number, failure?: Failure): void => {
    const rows = step.rows()
    for (const [kind, count] of Object.entries(rows)) {
      if (count === 0) continue
      span?.setAttribute(`tidemark.rows.${kind}`, count)
      meter()
        .createCounter('tidemark.rows', { unit: '{row}', description: 'Rows of steps, by outcome.' })
        .add(count, { ...table, 'tidemark.rows.kind': kind })
    }
    meter()
      .createHistogram('tidemark.step.duration', { unit: 's', description: 'How long attempts at steps took.' })
      .record(seconds, failure === undefined ? table : { ...table, 'error.type': typeOf(failure) })
  }
  return within(
    'tidemark.step',
    { kind: SpanKind.INTERNAL, attributes, redact: options.redact },
    work,
    (span, _, seconds) => ended(span, seconds),
    ended,
  )
}

/** One batch on its way into the database. */
export function tracedCommit(
  { ref, destination, redact }: Pick<StepTask, 'ref' | 'destination' | 'redact'>,
  batch: Batch,
  work: () => Promise<Committed>,
): Promise<Committed> {
  const database = { 'db.system.name': destination.profile.system }
  const attributes = { ...database, 'db.collection.name': ref.table, 'tidemark.part': batch.number }
  return within('tidemark.commit', { kind: SpanKind.CLIENT, attributes, redact }, work, (span, committed, seconds) => {
    span.setAttributes({
      'tidemark.rows': batch.rows.length + (batch.binary?.count ?? 0),
      'tidemark.rows.written': committed.written,
      'tidemark.rows.deleted': committed.deleted,
    })
    meter()
      .createHistogram('tidemark.commit.duration', { unit: 's', description: 'How long batches took to write.' })
      .record(seconds, { ...database, 'tidemark.table': ref.table })
  })
}

const FLUSH_MS = 5000

/** Lets an SDK send what it has gathered, because a process that ends does not wait for it. At once where there is no SDK. */
export async function flushTelemetry(): Promise<void> {
  const provider = trace.getTracerProvider()
  const tracing = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider
  const flushes = [tracing, metrics.getMeterProvider()].flatMap((one) => {
    const { forceFlush } = one as { readonly forceFlush?: () => Promise<void> }
    return forceFlush === undefined ? [] : [forceFlush.call(one)]
  })
  if (flushes.length > 0) await Promise.race([Promise.allSettled(flushes), wait(FLUSH_MS, undefined, { ref: false })])
}

interface Within {
  readonly kind: SpanKind
  readonly attributes: Attributes
  readonly redact: RunOptions['redact']
}

async function within<T>(
  name: string,
  { kind, attributes, redact }: Within,
  work: () => Promise<T>,
  done: (span: Span, value: T, seconds: number) => void,
  failed?: (span: Span, seconds: number, failure: Failure) => void,
): Promise<T> {
  const startedAt = performance.now()
  const span = tracer().startSpan(name, { kind, attributes })
  const seconds = (): number => (performance.now() - startedAt) / 1000
  try {
    const value = await context.with(trace.setSpan(context.active(), span), work)
    done(span, value, seconds())
    return value
  } catch (error) {
    const failure = failureOf(error)
    failed?.(span, seconds(), failure)
    fail(span, redact === undefined ? failure.message : redact(failure.message), failure)
    throw error
  } finally {
    span.end()
  }
}

// A stack and the causes of an error are not exported: they may contain anything.
function fail(span: Span, message: string, failure: Failure | undefined): void {
  const type = failure === undefined ? 'incomplete' : typeOf(failure)
  span.setAttribute('error.type', type)
  span.recordException({ name: type, message })
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}

const typeOf = ({ code, remedy }: Failure): string => code ?? remedy

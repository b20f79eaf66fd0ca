import type { RunChange, State, TableState } from '@tidemark/core/engine'
import type { MissingTables } from '../discover/catalog.ts'
import { type Failure, redacted } from '../failure/failure.ts'
import type { SilentQuestion } from '../time/silent-question.ts'
import { tableFailure } from './record-failures.ts'
import type { RunContext } from './run-context.ts'
import { silentFailure } from './silent-sources.ts'

/** What asking a source for its tables came to. */
export interface AskedSource {
  readonly name: string
  readonly failure?: Failure | undefined
  readonly missing?: MissingTables | undefined
  /** It is recorded that it left a question without an answer. */
  readonly wasSilent?: boolean | undefined
}

/**
 * A source that could not be asked fails, and so do the tables that are known of it, until it answers again; one that
 * suddenly does not list most of its tables fails with those.
 */
export async function recordAnswer(
  { name, failure: own, missing, wasSilent = false }: AskedSource,
  before: State,
  context: RunContext,
): Promise<void> {
  const { destination, options, run } = context
  const failure = own ?? missing?.failure
  if (failure === undefined) {
    if (wasSilent || before.failingSources?.has(name) === true) await destination.recordRun(run, [answering(name)])
    return
  }
  const isItsOwn = (table: TableState): boolean => own !== undefined || missing?.tables.includes(table.name) === true
  const known = [...before.tables.values()].filter(
    (table) => table.source === name && isTracked(table) && isItsOwn(table),
  )
  const { leases } = await destination.lease(known.map((table) => table.name))
  try {
    for (const lease of leases) {
      const table = before.tables.get(lease.table)
      if (table === undefined) continue
      await destination.record(lease, [await tableFailure(table, redacted(failure, options), context)])
    }
  } finally {
    await destination.release(leases)
  }
  const { message, code = null, remedy } = redacted(failure, options)
  await destination.recordRun(run, [{ kind: 'source', source: name, failure: { message, code, remedy } }])
}

/**
 * A source that leaves a question without an answer is named in the state long before it is given up, so that others see
 * what a run waits for. One that failed before stays listed until all is known of it.
 */
export async function recordSilence(
  source: string,
  question: SilentQuestion | undefined,
  before: State,
  { destination, options, run }: RunContext,
): Promise<void> {
  if (question === undefined) {
    if (before.failingSources?.has(source) !== true) await destination.recordRun(run, [answering(source)])
    return
  }
  const { message, code = null, remedy } = redacted(silentFailure(question), options)
  await destination.recordRun(run, [{ kind: 'source', source, failure: { message, code, remedy }, isSilent: true }])
}

/** Sources that failed and are not in the config any more. */
export async function forgetSources(
  { failingSources }: State,
  { destination, options, run }: RunContext,
): Promise<void> {
  if (failingSources === undefined) return
  const configured = new Set([...options.sources, ...(options.unavailable ?? [])].map(({ name }) => name))
  const gone = [...failingSources.keys()].filter((name) => !configured.has(name))
  if (gone.length > 0) await destination.recordRun(run, gone.map(answering))
}

const answering = (source: string): RunChange => ({ kind: 'source', source, failure: undefined })

const isTracked = ({ status }: TableState): boolean => status !== 'removed' && status !== 'paused'

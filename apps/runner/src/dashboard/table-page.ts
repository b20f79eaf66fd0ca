import { SyncError } from '@tidemark/core'
import type { CommandText, TableState } from '@tidemark/core/engine'
import { listChanges, listSteps, listTableRuns, type Reader, type StepRecord } from '@tidemark/destination'
import { errorAddress } from '../show/error-address.ts'
import { decisionOn } from '../show/fix.ts'
import type { TableAnswer } from './answers.ts'
import { sqlOf } from './query-text.ts'
import type { RowCounts } from './row-counts.ts'
import { millis, tableRunLine } from './run-line.ts'
import type { Snapshot } from './snapshot.ts'
import { foldAttempts, stepLine } from './step-line.ts'
import { overviewsOf, tableLines } from './table-line.ts'

const RUNS = 60
const STEPS = 400
const FAILURES = 10
/** Each attempt is a record of its own. */
const ATTEMPTS = 100
const CHANGES = 100

export interface TablePageOptions {
  readonly reader: Reader
  readonly snapshot: Snapshot
  readonly counts: RowCounts
  readonly command: CommandText
}

/** Everything about one table except its partitions, rejected rows and rows, which have their own requests. */
export async function tablePage(
  name: string,
  { reader, snapshot, counts, command }: TablePageOptions,
): Promise<TableAnswer> {
  const { state, now } = snapshot
  const table = tableNamed(snapshot, name)
  const runs = await listTableRuns(reader, { table: name, runs: RUNS })
  const steps = await listSteps(reader, { table: name, limit: STEPS })
  const failures = await listSteps(reader, { table: name, failed: true, limit: ATTEMPTS })
  const changes = await listChanges(reader, { table: name, limit: CHANGES })
  const cursor = table.schema?.cursor ?? null
  const [line] = tableLines(snapshot, [name], { counts, command })
  const sql = sqlOf(table)
  return {
    now: millis(now),
    table: line!,
    key: table.schema?.primaryKey ?? [],
    cursor: cursor === null ? null : { column: cursor.column, type: cursor.type },
    columns: table.schema?.columns ?? [],
    changes: changes.map(({ change, changedAt }) => ({ change, at: millis(changedAt) })),
    gaps: overviewsOf({ tables: new Map([[name, table]]) }, snapshot).get(name)?.coverage?.gaps ?? [],
    failures: foldAttempts(failures.map((step) => stepLine(step, state))).slice(0, FAILURES),
    underWay: snapshot.underWay.filter((step) => step.table === name).map((step) => stepLine(step, state)),
    runs: runs.map(tableRunLine).reverse(),
    lags: lagsOf(table, steps, now),
    allowedMs: snapshot.promised(table).ms,
    firstSeenAt: millis(table.firstSeenAt),
    removedAt: table.removedAt === null ? null : millis(table.removedAt),
    query: sql,
    commands: {
      query: command('query', [sql]),
      resync:
        table.pausedFor === null
          ? command('resync', [name])
          : decisionOn({ name, pausedFor: table.pausedFor }, command).command,
      retry: command('rejects retry', [name]),
    },
    deletionsSee: errorAddress({ code: 'deletions-unseen', remedy: 'fix-config' }),
  }
}

/** @throws SyncError code `not-found`. */
export function tableNamed({ state }: Snapshot, name: string): TableState {
  const table = state.tables.get(name)
  if (table !== undefined) return table
  throw new SyncError(`there is no table "${name}"; it may have been removed`, 'fix-config', { code: 'not-found' })
}

/** How old the newest data was: it grows until a step brings the table up to date. */
function lagsOf({ schema: recorded }: TableState, steps: readonly StepRecord[], now: bigint): TableAnswer['lags'] {
  const cursor = recorded?.cursor
  if (cursor?.type === 'integer') return []
  const kind = cursor == null ? 'full_refresh' : 'incremental'
  const done = steps
    .flatMap((step) => (step.kind !== kind || step.endedAt === undefined || step.error !== undefined ? [] : [step]))
    .map(({ window, beganAt, endedAt }) => ({ at: endedAt!, upTo: window?.to ?? beganAt }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
  const lines: { readonly at: number; readonly lagMs: number }[] = []
  let upTo: bigint | undefined
  const add = (at: bigint, from: bigint): void =>
    void lines.push({ at: millis(at), lagMs: Math.max(0, millis(at - from)) })
  for (const step of done) {
    if (upTo !== undefined) add(step.at, upTo)
    upTo = upTo === undefined || step.upTo > upTo ? step.upTo : upTo
    add(step.at, upTo)
  }
  if (upTo !== undefined) add(now, upTo)
  return lines
}

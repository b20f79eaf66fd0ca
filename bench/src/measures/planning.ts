import { newPartition, type PartitionState, type State, silent, type TableState } from '@tidemark/core/engine'
import { discoverSources } from '../../../packages/engine/src/discover/discover-sources.ts'
import { planRun } from '../../../packages/engine/src/plan/plan.ts'
import { systemClock } from '../../../packages/engine/src/time/clock.ts'
import { report, seconds } from '../measure.ts'
import { ordersSource } from '../source.ts'

// 10,000 tables with 100 covered windows each and a hole behind every one: a million gaps to find.
const TABLES = 10_000
const WINDOWS = 100
const HOUR = 3_600_000_000n

function stateOf(name: string): TableState {
  const covered = Array.from({ length: WINDOWS }, (_, at) => ({
    from: BigInt(at * 2) * HOUR,
    to: BigInt(at * 2 + 1) * HOUR,
    assumed: false,
  }))
  const partition: PartitionState = { ...newPartition(''), backfillEnd: 300n * HOUR, start: 0n, covered }
  return {
    name,
    source: 'memory',
    table: name,
    status: 'backfilling',
    schema: null,
    identity: null,
    everFilled: true,
    present: 'rows',
    pausedFor: null,
    firstSeenAt: 0n,
    lastSyncedAt: null,
    lastCheckedAt: null,
    undeclared: [],
    project: null,
    removedAt: null,
    partitions: new Map([['', partition]]),
  }
}

await report(async () => {
  const source = ordersSource({ pages: () => [], tables: TABLES })
  const catalog = await discoverSources({
    sources: [{ name: 'memory', source, config: {}, options: { initialSyncStart: '1970-01-01' } }],
    state: { tables: new Map() },
    settings: {},
    clock: systemClock,
    signal: new AbortController().signal,
    log: silent,
    nameOf: (name) => name,
    problemOf: () => undefined,
    names: 'exact',
    wants: () => true,
  })
  const names = catalog.sources.flatMap((source) => source.tables.map((table) => table.name))
  const state: State = { tables: new Map(names.map((name) => [name, stateOf(name)])) }
  let steps = 0
  const took = await seconds(() => {
    const planned = planRun(catalog, state, {
      select: () => true,
      isWhole: () => true,
      unavailable: [],
      synced: undefined,
    })
    for (const table of planned.tables) for (const partition of table.partitions) steps += partition.steps.count
  })
  return { tables: TABLES, windows: WINDOWS, steps, seconds: took }
})

import { defineSource, minutes, type Source } from '@tidemark/core'
import { silent, type Table } from '@tidemark/core/engine'
import { z } from 'zod'
import type { Catalog, DiscoveredPartition, DiscoveredTable, TableSettings } from '../src/discover/catalog.ts'
import { SourceGuard } from '../src/source/source-guard.ts'
import { type Clock, systemClock } from '../src/time/clock.ts'

const memory = defineSource({ name: 'memory' })

/** A table by hour numbers: position n is the instant n seconds after 1970. */
export function tableOf(spec: Partial<Parameters<typeof memory.table>[0]> = {}): Table {
  return memory.table({
    name: 'events',
    row: z.object({ id: z.int(), at: z.iso.datetime() }),
    primaryKey: ['id'],
    cursor: 'at',
    minAge: minutes(0),
    lookback: minutes(0),
    async *read() {},
    ...(spec as object),
  }) as Table
}

export interface Surveyed {
  readonly table?: Table
  readonly settings?: Partial<TableSettings>
  readonly partitions?: readonly Partial<DiscoveredPartition>[]
  readonly identity?: string
}

const SETTINGS: TableSettings = {
  start: 0n,
  everyMs: 300_000,
  lookback: 0n,
  deletes: 'soft',
  deletionLimit: undefined,
  mode: 'evolve',
  backfill: false,
  runColumn: false,
}

/** A catalog of one table, as a survey would give it. */
export function catalogOf({ table = tableOf(), settings = {}, partitions = [{}], identity }: Surveyed): Catalog {
  const use = {
    name: 'memory',
    client: undefined,
    log: silent,
    failure: undefined,
    guard: new SourceGuard('memory'),
    tables: [] as DiscoveredTable[],
    close: async () => {},
  }
  use.tables.push({
    name: `memory_${table.name}`,
    source: use,
    table,
    columns: table.columns,
    options: { ...SETTINGS, lookback: table.lookback, ...settings },
    identity,
    failure: undefined,
    partitions: partitions.map((partition) => ({
      id: '',
      value: '',
      start: undefined,
      end: undefined,
      ownEnd: false,
      unsettledEnd: partition.end,
      revision: undefined,
      failure: undefined,
      ...partition,
    })),
  })
  return { sources: [use] }
}

export const EVERYTHING = { select: () => true, isWhole: () => true, unavailable: [], synced: undefined }

/** A clock that stands still until it is moved, and sleeps in no time. */
export function fixedClock(start: bigint): Clock & { at: bigint; slept: number[] } {
  return {
    at: start,
    slept: [],
    now() {
      return this.at
    },
    monotonic: systemClock.monotonic,
    async sleep(ms, signal) {
      this.slept.push(ms)
      await systemClock.sleep(Math.min(ms, 2), signal)
    },
    turn: systemClock.turn,
    random: () => 0.5,
  }
}

export type { Source }

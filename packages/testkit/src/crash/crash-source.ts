import { setTimeout as wait } from 'node:timers/promises'
import { defineSource, minutes, type Source } from '@tidemark/core'
import { z } from 'zod'
import {
  type CrashRow,
  generationOf,
  isBad,
  MINUTE,
  numbersIn,
  PARTITIONS,
  partitionOf,
  rowOf,
  START,
} from './crash-rows.ts'

export interface CrashSourceOptions {
  /** How many minutes after the start the system has come to: the end of all its tables. */
  readonly until: number
  /** How long it takes to give a page. */
  readonly pageMs?: number | undefined
}

const PAGE = 100
const Row = z.object({ id: z.int(), at: z.iso.datetime(), note: z.string() })
const End = (until: number) => new Date(START + until * MINUTE).toISOString()

/** A system in which every row follows from its cursor: one table of each way to commit. */
export function crashSource({ until, pageMs = 1 }: CrashSourceOptions): Source {
  const source = defineSource({ name: 'crash' })
  const names = source.partitions(() => [...PARTITIONS])

  async function* pages(rows: readonly object[]): AsyncGenerator<never[]> {
    for (let at = 0; at < rows.length; at += PAGE) {
      if (pageMs > 0) await wait(pageMs)
      yield rows.slice(at, at + PAGE) as never[]
    }
  }
  const inWindow = (from: string | undefined, to: string | undefined): readonly number[] =>
    numbersIn(minuteOf(from) ?? 0, minuteOf(to) ?? until)
  const given = (number: number): object => (isBad(number) ? { ...rowOf(number), note: number } : rowOf(number))

  const common = {
    row: Row,
    cursor: 'at',
    start: new Date(START).toISOString(),
    end: () => End(until),
    lookback: minutes(5),
    minAge: minutes(0),
  } as const
  const read = ({ from, to }: { readonly from: string | undefined; readonly to: string | undefined }) =>
    pages(inWindow(from, to).map(given))
  return source.with([
    source.table({ ...common, name: 'keyed', primaryKey: ['id'], window: minutes(100), read }),
    source.table({ ...common, name: 'ascending', primaryKey: ['id'], ordered: 'ascending', read }),
    source.table({
      ...common,
      start: undefined,
      name: 'descending',
      primaryKey: ['id'],
      ordered: 'descending',
      window: minutes(100),
      read: ({ from, to }) => pages(inWindow(from, to).map(given).reverse()),
    }),
    source.table({ ...common, name: 'keyless', window: minutes(100), read }),
    source.table({
      ...common,
      name: 'parts',
      primaryKey: ['id'],
      window: minutes(150),
      partitions: names,
      read: ({ from, to, partition }) =>
        pages(
          inWindow(from, to)
            .filter((number) => partitionOf(number) === partition)
            .map(given),
        ),
    }),
    source.table({
      name: 'whole',
      row: Row,
      primaryKey: ['id'],
      read: () => pages(generationOf(until) as readonly CrashRow[]),
    }),
  ]) as Source
}

function minuteOf(instant: string | undefined): number | undefined {
  return instant === undefined ? undefined : (Date.parse(instant) - START) / MINUTE
}

import type { Source } from '@tidemark/core'
import type { Table } from '@tidemark/core/engine'
import type { RunEvent } from '@tidemark/engine'
import { applyChange, type ChangeKind, changesOf, WRITTEN } from './change-kind.ts'
import { laterClock, laterRun, onlyTable, rowsNow, subjectIn, subjectsIn, tablesIn } from './later-run.ts'
import type { Finding, Law } from './law.ts'
import type { OpenPlace } from './place.ts'
import {
  contents,
  demandSuccess,
  differences,
  intercepted,
  inWindows,
  memory,
  runInto,
  shortfalls,
  startsOf,
  startsWith,
  windowsOf,
  withTables,
} from './quiet-run.ts'
import type { ReadRow } from './reading.ts'
import { missing } from './row-text.ts'
import type { SourceUnderTest } from './source-under-test.ts'

const STOPS = 6

export const resumeLaw: Law = {
  name: 'resume',
  says: 'a run that was stopped after any window is completed by the next one',
  meaning: 'after a crash or a restart rows are missing, and no later run reads them again.',
  async check(world) {
    await using place = await world.place()
    const subjects = await subjectsIn(world, place)
    const config = world.config(place)
    const windows = windowsOf(subjects)
    const common = {
      config,
      starts: startsOf(subjects),
      clock: laterClock(subjects.map(({ table }) => table)),
    }
    const most = Math.max(1, ...subjects.map(({ rows }) => rows.length))
    // With small batches some of a window is committed when it is stopped, with large ones nothing.
    const small = Math.max(1, Math.ceil(most / (4 * STOPS)))
    const pages: string[] = []
    let batches = 0
    const sourceWith = (only: string | undefined, afterPage: (table: string) => unknown): Source =>
      withTables(only === undefined ? world.source : onlyTable(world.source, only), (table) =>
        intercepted(inWindows(table, windows), { afterPage: () => afterPage(table.name) }),
      )
    const quiet = await memory()
    try {
      const source = sourceWith(undefined, (table) => void pages.push(table))
      const onEvent = ({ type }: RunEvent): void => void (type === 'batch-committed' && batches++)
      demandSuccess(await runInto({ ...common, source, destination: quiet, partRows: small, onEvent }))
      const expected = await contents(quiet)
      const short = shortfalls(world, expected, subjects)
      if (short.length > 0) return short
      const all: readonly RunStop[] = [
        ...stops(batches).map((nth) => ({ after: 'batch', nth, of: batches, only: undefined }) as const),
        ...stops(pages.length).map((place) => pageStop(pages, place)),
      ]
      for (const { after, nth, of, only } of all) {
        const destination = await memory()
        try {
          const controller = new AbortController()
          let seen = 0
          const passed = (what: 'page' | 'batch'): void => {
            if (what === after && ++seen === nth) controller.abort(new Error('stopped by the test'))
          }
          const starts = startsWith(common.starts, only)
          await runInto({
            ...common,
            starts,
            source: sourceWith(only, () => {
              passed('page')
              // As a source that hears the signal stops.
              controller.signal.throwIfAborted()
            }),
            destination,
            partRows: after === 'batch' ? small : undefined,
            signal: controller.signal,
            onEvent: ({ type }) => void (type === 'batch-committed' && passed('batch')),
          })
          demandSuccess(await runInto({ ...common, starts, source: sourceWith(only, () => {}), destination }))
          const found = differences(
            world,
            await contents(destination),
            only === undefined ? expected : new Map([[only, expected.get(only) ?? []]]),
            `stopped after ${after} ${nth} of ${of} and run again`,
          )
          if (found.length > 0) return found
        } finally {
          await destination.close()
        }
      }
      return []
    } finally {
      await quiet.close()
    }
  },
}

/** Where a run is stopped: after the nth batch of all tables, or behind the nth page of one, which is then read alone. */
interface RunStop {
  readonly after: 'batch' | 'page'
  readonly nth: number
  readonly of: number
  readonly only: string | undefined
}

/** @param pages the table of each page of a run. @param place which of them, counted from one. */
function pageStop(pages: readonly string[], place: number): RunStop {
  const only = pages[place - 1]!
  const own = (of: readonly string[]): number => of.filter((table) => table === only).length
  return { after: 'page', nth: own(pages.slice(0, place)), of: own(pages), only }
}

export const updatesLaw: Law = {
  name: 'updates',
  says: 'a row that is changed between two pages is not lost',
  meaning: 'people work while a sync runs: their rows are never read, or stay as they were.',
  async check(world) {
    const findings: Finding[] = []
    for (const table of await tablesIn(world)) {
      const kinds = changesOf(table, world.options).filter((kind) => kind !== 'remove')
      if (kinds.length === 0)
        findings.push({
          table: table.name,
          example: `pass ${table.immutable ? '"add"' : '"edit" or "add"'} to testSource so that this check can run: ${table.immutable ? '' : `${WRITTEN.edit}, `}${WRITTEN.add}`,
        })
      for (const kind of kinds) {
        await using place = await world.place()
        findings.push(...(await changedWhileRead(world, place, table.name, kind)))
      }
    }
    return findings
  },
}

async function changedWhileRead(
  world: SourceUnderTest,
  place: OpenPlace,
  name: string,
  kind: ChangeKind,
): Promise<readonly Finding[]> {
  const subject = await subjectIn(world, place, name)
  const row = subject?.rows.find(({ value }) => value !== undefined)
  if (subject === undefined || row === undefined)
    return [
      { table: name, example: 'it has no rows, so nothing can change between its pages; give the test at least one' },
    ]
  const source = onlyTable(world.source, name)
  const config = world.config(place)
  const clock = laterClock([subject.table])
  const starts = startsOf([subject])
  const before = await rowsNow(world, place, subject)
  let asked = false
  const changing = withTables(source, (table) =>
    intercepted(table, {
      afterPage: async (partition, page) => {
        // Behind the first page that has rows: what is read before it may be an empty window.
        if (asked || partition !== subject.partition.id || !Array.isArray(page) || page.length === 0) return
        asked = true
        await applyChange(world, kind, { place, table: name, partition, row })
      },
    }),
  )
  const destination = await memory()
  try {
    // The clock as it is: what changes now must lie above the end of what is read now.
    const first = await runInto({ source: changing, config, destination, starts })
    // A source may refuse what changed under its hands; the next run then reads it.
    if (first.tables.length === 0) demandSuccess(first)
    demandSuccess(await runInto({ source, config, destination, clock, starts }))
    const twin = await laterRun({ source, config, clock, starts })
    if (sameTexts(await rowsNow(world, place, subject), before))
      return [
        {
          table: name,
          example: `${kind}() changed nothing that a run reads; a new or edited row needs the present time as its cursor`,
        },
      ]
    return differences(
      world,
      await contents(destination),
      twin,
      `${kind === 'edit' ? 'edited' : 'added'} after the first page, and read by the next run`,
    )
  } finally {
    await destination.close()
  }
}

function sameTexts(now: readonly ReadRow[], before: readonly ReadRow[]): boolean {
  const [texts, others] = [now, before].map((rows) => rows.map(({ text }) => text)) as [string[], string[]]
  return missing(texts, others).length === 0 && missing(others, texts).length === 0
}

export const partitionsLaw: Law = {
  name: 'partitions',
  says: 'a new partition gets its whole history',
  meaning: 'an account or a repository that is added later has only rows from that time on.',
  async check(world) {
    const findings: Finding[] = []
    for (const [table, count] of await partitioned(world)) {
      let found: readonly Finding[] | 'no rows' = 'no rows'
      // The last one is new first. Nothing is read before: a source might remember that.
      for (let nth = count - 1; nth >= Math.max(0, count - TRIES) && found === 'no rows'; nth--)
        found = await withOneNew(world, table, nth)
      if (found === 'no rows' || count < 2)
        findings.push({
          table: table.name,
          example: 'there are no two partitions with rows; give the test a second one',
        })
      else findings.push(...found)
    }
    return findings
  },
}

const TRIES = 5

/** Runs without the nth partition, then with it, and compares with a run that knew it from the start. */
async function withOneNew(world: SourceUnderTest, table: Table, nth: number): Promise<readonly Finding[] | 'no rows'> {
  await using place = await world.place()
  const source = onlyTable(world.source, table.name)
  let hidden = ''
  const partly = withTables(source, (one) =>
    intercepted(one, {
      partitions: (list) => {
        hidden = idOf(list[nth])
        return list.toSpliced(nth, 1)
      },
    }),
  )
  const config = world.config(place)
  const clock = laterClock([table])
  const starts = world.starts([table])
  const destination = await memory()
  try {
    demandSuccess(await runInto({ source: partly, config, destination, clock, starts }))
    demandSuccess(await runInto({ source, config, destination, clock, starts }))
    const twin = await laterRun({ source, config, clock, starts })
    if (![...twin.values()].flat().some((text) => text.endsWith(` of ${hidden}`))) return 'no rows'
    return differences(world, await contents(destination), twin, `with partition "${hidden}" new in the second run`)
  } finally {
    await destination.close()
  }
}

/** Tables with partitions, and how many they have. Their ids may be others in another place. */
async function partitioned(world: SourceUnderTest): Promise<readonly (readonly [Table, number])[]> {
  await using place = await world.place()
  await using opened = await world.open(place)
  const found: (readonly [Table, number])[] = []
  for (const table of world.tables(opened)) {
    if (table.partitions !== undefined) found.push([table, (await opened.partitions(table)).length])
  }
  return found
}

function idOf(partition: unknown): string {
  return typeof partition === 'string' ? partition : (partition as { id: string }).id
}

/** After which batches a run is stopped: the first ones, the last one, and some between. */
function stops(parts: number): readonly number[] {
  if (parts <= STOPS) return Array.from({ length: parts }, (_, nth) => nth + 1)
  return Array.from({ length: STOPS }, (_, nth) => 1 + Math.round((nth * (parts - 1)) / (STOPS - 1)))
}

import { listTableRuns, type Reader, type RunRecord, type TableRunRecord } from '@tidemark/destination'

/** What each of the newest runs did to each table: by run, then by table. */
export type RunHistory = ReadonlyMap<number, ReadonlyMap<string, TableRunRecord>>

/** Reads the steps of a run once: those of a run that ended stay as they are. */
export function createRunHistory(reader: Reader): (runs: readonly RunRecord[]) => Promise<RunHistory> {
  const ended = new Map<number, ReadonlyMap<string, TableRunRecord>>()
  return async (runs) => {
    const wanted = new Set(runs.map(({ run }) => run))
    for (const run of ended.keys()) if (!wanted.has(run)) ended.delete(run)
    const history = new Map(ended)
    for (const { run, endedAt } of runs) {
      if (history.has(run)) continue
      const tables = new Map((await listTableRuns(reader, { runs: { run } })).map((one) => [one.table, one]))
      history.set(run, tables)
      if (endedAt !== undefined) ended.set(run, tables)
    }
    return history
  }
}

import type { LookOptions } from './options.ts'
import type { SourceReport } from './report.ts'
import { redacted } from './run-step.ts'
import { survey } from './survey.ts'
import { checked, closeAll, sourceReports, surveyOptions } from './sync.ts'

export interface CheckReport {
  readonly sources: readonly (SourceReport & { readonly tables: number })[]
  readonly failures: readonly { readonly table: string; readonly partition: string; readonly message: string }[]
}

/** Connects to every source and asks what it has; reads no row and writes nothing. */
export async function check(options: LookOptions): Promise<CheckReport> {
  const signal = options.signal ?? new AbortController().signal
  const state = await options.destination.state()
  const catalog = await survey(surveyOptions(options, state, signal))
  try {
    checked(catalog, state, options)
    const tables = catalog.uses.flatMap((use) => use.tables)
    const failures = tables.flatMap((table) => [
      ...(table.failure === undefined
        ? []
        : [{ table: table.name, partition: '', message: redacted(table.failure, options).message }]),
      ...table.partitions.flatMap(({ id, failure }) =>
        failure === undefined
          ? []
          : [{ table: table.name, partition: id, message: redacted(failure, options).message }],
      ),
    ])
    const sources = sourceReports(options, catalog, state).map((source) => ({
      ...source,
      tables: tables.filter((table) => table.use.name === source.name).length,
    }))
    return { sources, failures }
  } finally {
    await closeAll(catalog)
  }
}

import type { Report } from '@tidemark/engine'

/** Why a source could not be asked. */
export function sourceFailureOf({ failure, sources }: Report, source: string): Report['failure'] {
  return failure ?? sources.find(({ name }) => name === source)?.failure
}

/** Why the feeds of a source could not be read: one failure of a feed is that of all its tables. */
export function feedFailureOf(report: Report, source: string): string | undefined {
  const ofTables = report.tables.flatMap(({ failures }) => failures.map((one) => one.failure))
  return (sourceFailureOf(report, source) ?? ofTables[0])?.message
}

/** What a log says of it. */
export const unreadFeedText = (source: string, why: string): string =>
  `the feeds of ${source} cannot be read now: ${why}`

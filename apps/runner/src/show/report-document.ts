import type { CommandText } from '@tidemark/core/engine'
import type { Report } from '@tidemark/engine'
import { decisionOn, type Failed, fixOf } from './fix.ts'

/** What `--json` prints of a run: its report, and how to fix each failure and pause. */
export function reportDocument(report: Report, command: CommandText): object {
  const fix = (failure: Report['failure'], of: Pick<Failed, 'table' | 'source'>) =>
    failure === undefined ? undefined : fixOf({ ...failure, ...of }, command)
  return {
    ...report,
    sources: report.sources.map((source) => ({ ...source, fix: fix(source.failure, { source: source.name }) })),
    tables: report.tables.map((table) => ({
      ...table,
      fix: table.pausedFor === undefined ? undefined : decisionOn({ ...table, pausedFor: table.pausedFor }, command),
      failures: table.failures.map((one) => ({ ...one, fix: fix(one.failure, { table: table.name }) })),
    })),
    fix: fix(report.failure, {}),
  }
}

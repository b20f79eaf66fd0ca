import { SyncError } from '@tidemark/core'
import { messageOf, parseDuration, type QueryResult } from '@tidemark/core/engine'
import { endsQueries } from '@tidemark/destination'
import type { Command } from 'commander'
import { queryApart } from '../query-apart.ts'
import { type Call, needDatabase, openSession, type Session, withReader } from '../session.ts'
import { csv as csvText } from '../show/csv.ts'
import { plural } from '../show/numbers.ts'
import { textTable } from '../show/text-table.ts'
import { type AddVerb, examples } from '../verb.ts'

export interface QueryFlags {
  readonly csv?: boolean | undefined
  /** The query is cancelled after this: `10m`. */
  readonly maxTime: string
}

/** The longest delay that a timer accepts. */
const LONGEST_MS = 2 ** 31 - 1

/** Runs one read-only statement against the database. */
export async function query(call: Call, statement: string, { csv, maxTime }: QueryFlags): Promise<number> {
  if (csv === true && call.flags.json === true)
    throw new SyncError('--csv and --json exclude each other; pass only one of them', 'fix-config', { code: 'usage' })
  const limitMs = parseDuration(maxTime)
  if (limitMs === undefined || limitMs <= 0)
    throw new SyncError(`--max-time: "${maxTime}" is not a duration; write 30s, 10m or 1h`, 'fix-config', {
      code: 'usage',
    })
  const session = await openSession(call)
  needDatabase(session)
  const { interrupts, target } = session
  const limits = { limitMs: Math.min(limitMs, LONGEST_MS), signal: interrupts.signal }
  // The child process that queries a file does not check the state: an unsupported version of it is refused here.
  const isEnded = endsQueries(target)
  if (!isEnded) await withReader(session, async () => {})
  const result = await interrupts.during(() =>
    isEnded
      ? withReader(session, (destination) => destination.query(statement, limits))
      : queryApart({ place: target, statement }, limits),
  )
  try {
    print(session, result, csv === true)
  } catch (cause) {
    if (!(cause instanceof RangeError) && (cause as { code?: unknown }).code !== 'ERR_STRING_TOO_LONG') throw cause
    throw new SyncError(
      `the result is too large to print (${messageOf(cause)}); ask for fewer rows or columns`,
      'fix-config',
      { code: 'query', cause },
    )
  }
  return 0
}

function print({ terminal }: Session, { columns, rows }: QueryResult, isCsv: boolean): void {
  if (isCsv) {
    terminal.printRaw(csvText(columns, rows))
    return
  }
  terminal.printJson({
    columns,
    rows: rows.map((row) => new Map(columns.map((column, index) => [column, row[index]]))),
  })
  terminal.print(`${textTable(columns, rows, { columns: terminal.columns })}\n(${plural(rows.length, 'row')})`)
}

export const addQuery: AddVerb = (root, run) => {
  root
    .command('query')
    .argument('<select>', 'one read-only SQL statement, in quotes')
    .description('run a read-only SQL query on the database')
    .option('--csv', 'print CSV')
    .option('--max-time <length>', 'cancel the query after this long, e.g. 30s', '10m')
    .addHelpText(
      'after',
      examples(
        'tidemark query "select count(*) from git_commits"',
        'tidemark query --csv "select * from git_commits" > commits.csv',
      ),
    )
    .action((statement: string, flags: QueryFlags, command: Command) =>
      run(command, (call) => query(call, statement, flags)),
    )
}

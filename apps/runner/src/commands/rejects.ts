import { SyncError } from '@tidemark/core'
import { formatInstant, positionText, type ReadOnlyDestination, type State } from '@tidemark/core/engine'
import { countRejects, listRejects, type RejectRecord } from '@tidemark/destination'
import { dropRejects, knownTable, retryRejects } from '@tidemark/engine'
import type { Command } from 'commander'
import { confirm } from '../confirm.ts'
import { redactDeep } from '../redact-deep.ts'
import { loggedRun } from '../run-log/logged-run.ts'
import {
  type Call,
  findSources,
  needDatabase,
  openSession,
  runOptions,
  type Session,
  withDestination,
  withReader,
} from '../session.ts'
import { countText, plural } from '../show/numbers.ts'
import { textTable } from '../show/text-table.ts'
import { type AddVerb, countOption, examples } from '../verb.ts'
import { withProgress } from '../with-progress.ts'
import { printReport } from './sync.ts'

/** What can be done with rejected rows. */
export const rejects = { list, show, retry, drop }

async function list(call: Call, tables: readonly string[], limit: number): Promise<number> {
  const session = await openLooking(call)
  const { terminal, secrets, command } = session
  await withReader(session, async (destination) => {
    const state = await destination.state()
    const chosen = tables.length === 0 ? undefined : tables.map((name) => knownTable(state, name).name)
    const found = await listRejects(destination, { tables: chosen, limit })
    const counts = [...(await countRejects(destination))].filter(([name]) => chosen?.includes(name) !== false)
    const lines = redactDeep(
      found.map((one) => lineOf(one, state)),
      secrets.redact,
    )
    terminal.printJson({ rejects: lines, counts: new Map(counts) })
    if (found.length === 0) {
      terminal.print('There are no rejected rows.')
      return
    }
    const counted = found.some(({ times }) => times > 1)
    const header = ['id', 'table', 'partition', 'key', ...(counted ? ['times'] : []), 'code', 'why']
    const rows = lines.map(({ id, table, partition, key, times, code, message }) => [
      ...[id, table, partition, key ?? ''],
      ...(counted ? [times] : []),
      ...[code, message],
    ])
    const total = counts.reduce((sum, [, count]) => sum + count, 0)
    const shown = rowsOf(found)
    const more = total > shown ? `, of ${countText(total)}` : ''
    terminal.print(textTable(header, rows, { width: 80, columns: terminal.columns }))
    terminal.print(
      `(${plural(shown, 'row')}${more}) To show one: ${command('rejects show', [String(found[0]!.id)])}; to retry after the cause is fixed: ${command('rejects retry')}`,
    )
  })
  return 0
}

async function show(call: Call, id: string): Promise<number> {
  const session = await openLooking(call)
  const { terminal, secrets } = session
  await withReader(session, async (destination) => {
    const [one] = await byIds(destination, [id])
    const line = redactDeep(lineOf(one!, await destination.state()), secrets.redact)
    terminal.printJson(line)
    const texts = Object.entries(line).map(([name, value]) => `${name.padEnd(12)}${value ?? ''}`)
    terminal.print(texts.join('\n'))
  })
  return 0
}

async function retry(call: Call, which: readonly string[]): Promise<number> {
  const session = await openLooking(call)
  const sources = await findSources(session)
  const report = await withProgress(session, (more) =>
    withDestination(session, async (destination) => {
      const state = await destination.state()
      const found =
        which.length === 0 ? await listRejects(destination, { brief: true }) : await chosen(destination, state, which)
      if (found.length === 0) return undefined
      const options = { ...runOptions(session, sources, destination, state), ...more }
      return await loggedRun(session, options, (logged) => retryRejects(logged, found))
    }),
  )
  if (report !== undefined) return printReport(session, report, sources)
  call.terminal.printJson({ run: null, exitCode: 0, sources: [], tables: [] })
  call.terminal.print('There are no rejected rows.')
  return 0
}

async function drop(call: Call, which: readonly string[], yes: boolean): Promise<number> {
  const session = await openLooking(call)
  const { terminal } = session
  await withDestination(session, async (destination) => {
    const found = await chosen(destination, await destination.state(), which)
    const many = plural(rowsOf(found), 'rejected row')
    if (found.length > 0 && !yes) await confirm(`${many} will be deleted`)
    if (found.length > 0) await dropRejects(destination, found)
    terminal.printJson({ dropped: found.map(({ id }) => id) })
    terminal.print(`${many} ${rowsOf(found) === 1 ? 'was' : 'were'} deleted.`)
  })
  return 0
}

/** How many rows these records stand for. */
const rowsOf = (found: readonly RejectRecord[]): number => found.reduce((sum, { times }) => sum + times, 0)

async function openLooking(call: Call): Promise<Session> {
  const session = await openSession(call)
  needDatabase(session)
  return session
}

/** By id, or all of a table. */
async function chosen(
  destination: ReadOnlyDestination,
  state: State,
  which: readonly string[],
): Promise<readonly RejectRecord[]> {
  const isId = (text: string): boolean => /^\d+$/.test(text)
  const ids = which.filter(isId)
  const tables = which.filter((text) => !isId(text)).map((name) => knownTable(state, name).name)
  const found = [
    ...(ids.length === 0 ? [] : await byIds(destination, ids, true)),
    ...(tables.length === 0 ? [] : await listRejects(destination, { tables, brief: true })),
  ]
  return [...new Map(found.map((one) => [one.id, one])).values()]
}

async function byIds(
  destination: ReadOnlyDestination,
  ids: readonly string[],
  brief?: true,
): Promise<readonly RejectRecord[]> {
  const numbers = ids.map(Number)
  const safe = numbers.filter(Number.isSafeInteger)
  const found = await listRejects(destination, { ids: safe, brief })
  const lost = ids.find((_, at) => !found.some(({ id }) => id === numbers[at]))
  if (lost === undefined) return found
  throw new SyncError(
    `there is no rejected row ${JSON.stringify(lost)}; "tidemark rejects" lists them with their ids`,
    'fix-config',
    { code: 'unknown-reject' },
  )
}

/** A rejected row as it is printed. The names are those of the state's table; scripts rely on them. */
function lineOf(
  { id, table, partition, key, position, code, message, payload, run, rejectedAt, times }: RejectRecord,
  state: State,
) {
  const at = position === undefined ? null : (positionText(state.tables.get(table), position) ?? null)
  return {
    id,
    table,
    partition,
    key: key ?? null,
    position: at,
    code,
    message,
    payload,
    run,
    rejected_at: formatInstant(rejectedAt, 'Z', 3),
    times,
  }
}

/** `rejects` and its subcommands. */
export const addRejects: AddVerb = (root, run) => {
  const own = root
    .command('rejects')
    .description('list, retry or drop rejected rows')
    .addHelpText(
      'after',
      examples(
        'tidemark rejects',
        'tidemark rejects show 12',
        'tidemark rejects retry crm_customers',
        'tidemark rejects drop 12',
      ),
    )
  own
    .command('list', { isDefault: true })
    .argument('[tables...]', 'tables (default: all)')
    .description('list rejected rows, newest first')
    .addHelpText('after', examples('tidemark rejects list crm_customers --limit 10'))
    .option('--limit <count>', 'maximum number of rows', countOption, 100)
    .action((tables: string[], flags: { limit: number }, command: Command) =>
      run(command, (call) => rejects.list(call, tables, flags.limit)),
    )
  own
    .command('show')
    .argument('<id>', 'its id in the list')
    .description('show one rejected row, with the data that the source sent')
    .addHelpText('after', examples('tidemark rejects show 12'))
    .action((id: string, _, command: Command) => run(command, (call) => rejects.show(call, id)))
  own
    .command('retry')
    .argument('[tables or ids...]', 'tables, or ids in the list (default: all)')
    .description('sync the windows of rejected rows again')
    .addHelpText('after', examples('tidemark rejects retry crm_customers'))
    .action((which: string[], _, command: Command) => run(command, (call) => rejects.retry(call, which)))
  own
    .command('drop')
    .argument('<tables or ids...>', 'tables, or ids in the list')
    .description('delete rejected rows from the list')
    .addHelpText('after', examples('tidemark rejects drop 12 13 --yes'))
    .option('--yes', 'do not ask for confirmation')
    .action((which: string[], flags: { yes?: boolean }, command: Command) =>
      run(command, (call) => rejects.drop(call, which, flags.yes === true)),
    )
}

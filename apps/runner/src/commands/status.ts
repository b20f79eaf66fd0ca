import { setTimeout as wait } from 'node:timers/promises'
import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'
import { isShareable, readWorkStatus } from '@tidemark/destination'
import type { Command } from 'commander'
import { NOBODY } from '../activity.ts'
import { isLive } from '../is-live.ts'
import { otherLines } from '../other-projects.ts'
import { createStatusReader, type StatusView } from '../overview.ts'
import { redactDeep } from '../redact-deep.ts'
import { openScreen } from '../screen.ts'
import { type Call, openSession, type Session, withReader } from '../session.ts'
import { oneLine } from '../show/plain.ts'
import { needsAttention, statusText } from '../show/status.ts'
import { coloured, cutToned } from '../show/tone.ts'
import { resolveDatabase } from '../target.ts'
import { type AddVerb, examples } from '../verb.ts'

export interface StatusFlags {
  /** Refresh every second, until Ctrl-C. */
  readonly watch?: boolean | undefined
  /** List only tables that fail, wait for a decision, or are stale, and sources that fail. */
  readonly failing?: boolean | undefined
}

/** Shows the progress of every table, from the state alone. */
export async function status(
  call: Call,
  names: readonly string[] = [],
  { watch, failing }: StatusFlags = {},
): Promise<number> {
  if (watch === true && call.flags.json === true) {
    throw new SyncError(
      '--watch draws for people and --json prints one document; pass only one of them, and call status --json as often as you need it',
      'fix-config',
    )
  }
  const session = await openSession(call)
  if (watch === true) return watchStatus(session, names, failing)
  const { terminal, command, secrets, target } = session
  if (!target.exists) {
    terminal.printJson(NOTHING)
    terminal.print(noDatabase(session))
    return 0
  }
  const look = await withReader(session, (destination) => createStatusReader(destination, lookingOf(session, names))())
  const shown = redactDeep(look, secrets.redact)
  terminal.printJson(failing === true ? { ...shown, tables: shown.tables.filter(needsAttention) } : shown)
  terminal.print(
    statusText(shown, { command, columns: terminal.columns, now: Date.now(), failing, named: names.length > 0 }),
  )
  for (const line of otherLines(shown.other_projects)) terminal.print(line)
  return 0
}

const NOTHING: StatusView = {
  to_timestamp: null,
  synced_tables: [],
  tables: [],
  feeds: [],
  failing_sources: [],
  runner: NOBODY,
  running: [],
  work_left: { windows: 0, atLeast: false, unknownWindows: 0, ms: 0, requests: 0, rowsPerSecond: null },
}
const EVERY_MS = 1000
/** If nothing can be redrawn, a log must not grow by a table a second. */
const EVERY_PRINTED_MS = 30_000

/** Redraws the status; Ctrl-C leaves the last one on the screen. */
async function watchStatus(session: Session, names: readonly string[], failing: boolean | undefined): Promise<never> {
  const { terminal, command, secrets, environment } = session
  const drawn = isLive(process.stdout, environment)
  let look: StatusView | undefined
  let trouble: string | undefined
  const text = (columns: number | undefined, most?: number): string => {
    if (look === undefined) return trouble ?? noDatabase(session)
    return `${statusText(look, { command, columns, now: Date.now(), most, failing, named: names.length > 0 })}${trouble === undefined ? '' : `\n${trouble}`}`
  }
  // The lines above and below the tables, and the line of the cursor.
  const screen = drawn
    ? openScreen(
        process.stdout,
        ({ columns, rows }) =>
          text(columns - 1, Math.max(1, rows - 8))
            .split('\n')
            .map((line) => coloured(cutToned(line, columns - 1), true)),
        'keep',
      )
    : undefined
  for (;;) {
    try {
      const target = await resolveDatabase(session.target)
      if (target.exists) {
        await withReader({ ...session, target }, async (destination) => {
          const again = createStatusReader(destination, lookingOf(session, names))
          for (;;) {
            look = redactDeep(await again(), secrets.redact)
            trouble = undefined
            await show()
          }
        })
      }
    } catch (error) {
      // The database may be unreachable for a while; keep watching until it is back.
      if (!SyncError.is(error) || error.remedy === 'upgrade') throw error
      trouble = oneLine(secrets.redact(`The state cannot be read now: ${messageOf(error)}`))
    }
    await show()
  }

  async function show(): Promise<void> {
    if (screen === undefined) terminal.print(`${text(undefined)}\n`)
    else screen.draw()
    await wait(screen === undefined ? EVERY_PRINTED_MS : EVERY_MS)
  }
}

function lookingOf(
  { config, command, target, identity }: Session,
  select: readonly string[],
): Parameters<typeof createStatusReader>[1] {
  return {
    select,
    config: config.data,
    command,
    askWork: isShareable(target) ? (destination) => readWorkStatus(destination, identity) : undefined,
  }
}

export function noDatabase({ target, command }: Session): string {
  return `There is no database yet (${target.shown}). The first sync creates it: ${command('sync')}`
}

export const addStatus: AddVerb = (root, run) => {
  root
    .command('status')
    .argument('[names...]', 'tables or sources (default: all)')
    .description('show the progress of every table')
    .option('--failing', 'list only what fails, waits for a decision, or is stale')
    .option('--watch', 'refresh every second, until Ctrl-C')
    .addHelpText(
      'after',
      examples(
        'tidemark status',
        'tidemark status github --failing',
        'tidemark status --watch',
        'tidemark status --json',
      ),
    )
    .action((names: string[], flags: StatusFlags, command: Command) =>
      run(command, (call) => status(call, names, flags)),
    )
}

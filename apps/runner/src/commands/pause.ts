import { hostname, userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { SyncError } from '@tidemark/core'
import { type PausedTable, pause, resume } from '@tidemark/engine'
import type { Command } from 'commander'
import { type Call, needDatabase, openSession, withDestination } from '../session.ts'
import { oneLine } from '../show/plain.ts'
import { type AddVerb, examples } from '../verb.ts'

export interface PauseFlags {
  readonly reason?: string | undefined
  /** Who decides; absent: the user of this process. */
  readonly by?: string | undefined
}

const EVERY_MS = 1000
const LONGEST_REASON = 500
/** A name of a person, as logins have them. */
const LONGEST_NAME = 200

/** Pauses tables, or resumes them; waits while another runner holds one of them. Reads no source. */
async function decide(
  call: Call,
  names: readonly string[],
  verb: 'pause' | 'resume',
  { reason: why, by }: PauseFlags,
): Promise<number> {
  if (by !== undefined && (by.trim() === '' || by.length > LONGEST_NAME))
    throw new SyncError(`--by has ${by.trim().length} characters; write 1 to ${LONGEST_NAME}`, 'fix-config', {
      code: 'usage',
    })
  if (why !== undefined && why.length > LONGEST_REASON)
    throw new SyncError(`--reason has ${why.length} characters; write at most ${LONGEST_REASON}`, 'fix-config', {
      code: 'usage',
    })
  const session = await openSession(call)
  needDatabase(session)
  const { terminal, interrupts, secrets, command } = session
  const clean = (text: string): string => secrets.redact(oneLine(text))
  const options = {
    tables: names,
    who: by === undefined ? whoAmI() : clean(by.trim()),
    why: why === undefined ? undefined : clean(why),
  }
  const work = verb === 'pause' ? pause : resume
  const tables = await interrupts.during(() =>
    withDestination(session, (destination) =>
      onceFree(
        (): Promise<readonly PausedTable[]> => work(destination, options),
        interrupts.signal,
        (held) => terminal.say(`${held}. Waiting until then; Ctrl-C to give up.`),
      ),
    ),
  )
  const isPause = verb === 'pause'
  terminal.printJson({ tables: tables.map(({ name, isChanged }) => ({ name, isPaused: isPause, isChanged })) })
  for (const { name, isChanged } of tables) {
    if (!isChanged) terminal.print(`${oneLine(name)} ${isPause ? 'is paused already' : 'is not paused'}.`)
    else if (isPause) terminal.print(`${oneLine(name)} is paused: no run reads it until ${command('resume', [name])}`)
    else
      terminal.print(`${oneLine(name)} is resumed; the next run reads what it lacks, now: ${command('sync', [name])}`)
  }
  return 0
}

/** Tries until no other runner holds a table. */
async function onceFree<T>(work: () => Promise<T>, signal: AbortSignal, say: (held: string) => void): Promise<T> {
  for (let isSaid = false; ; isSaid = true) {
    try {
      return await work()
    } catch (error) {
      if (!SyncError.is(error) || error.code !== 'held') throw error
      if (!isSaid) say(error.message)
      await sleep(EVERY_MS, undefined, { signal })
    }
  }
}

/** Who decides, for those who wonder later: `ann@laptop`. */
function whoAmI(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    // A container may run as a user without a name.
    return `user ${process.getuid?.() ?? 'unknown'}@${hostname()}`
  }
}

const BY = 'who decides, where that is not the user of this process'

export const addPause: AddVerb = (root, run) => {
  root
    .command('pause')
    .argument('<tables...>', 'tracked tables')
    .description('pause tables: no run reads them until they are resumed')
    .option('--reason <text>', 'why, for those who wonder later')
    .option('--by <name>', BY)
    .addHelpText(
      'after',
      examples('tidemark pause shop_orders', "tidemark pause shop_orders --reason 'API limit, ask Ann'"),
    )
    .action((tables: string[], flags: PauseFlags, command: Command) =>
      run(command, (call) => decide(call, tables, 'pause', flags)),
    )
}

export const addResume: AddVerb = (root, run) => {
  root
    .command('resume')
    .argument('<tables...>', 'paused tables')
    .description('resume tables that somebody paused')
    .option('--by <name>', BY)
    .addHelpText('after', examples('tidemark resume shop_orders'))
    .action((tables: string[], flags: PauseFlags, command: Command) =>
      run(command, (call) => decide(call, tables, 'resume', flags)),
    )
}

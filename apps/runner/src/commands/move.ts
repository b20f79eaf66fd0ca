import { SyncError } from '@tidemark/core'
import { openDestination, type Place, placeOf } from '@tidemark/destination'
import { move as run } from '@tidemark/engine'
import type { Command } from 'commander'
import { passwordsIn } from '../secrets.ts'
import { type Call, needDatabase, openSession, type Session, withDestination } from '../session.ts'
import { everySoOften } from '../show/every-so-often.ts'
import { countText, durationText, plural } from '../show/numbers.ts'
import { textTable } from '../show/text-table.ts'
import { type AddVerb, examples } from '../verb.ts'

/** Copies rows and state to another database, and prints the new config line. */
export async function move(call: Call, where: string): Promise<number> {
  const session = await openSession(call)
  needDatabase(session)
  const { terminal, interrupts, target } = session
  const { place, line } = wantedPlace(session, where)
  if (place.url === target.url)
    throw new SyncError(`${place.shown} is the current database; name another one`, 'fix-config')
  const progress = everySoOften(terminal.say)
  const report = await interrupts.during(() =>
    withDestination(session, async (from) => {
      const to = await openDestination({
        url: place.url,
        moving: true,
        log: session.log,
      })
      try {
        return await run({
          from,
          to,
          signal: interrupts.signal,
          onProgress: ({ table, rows, done, of }) =>
            progress(`${table}: ${countText(rows)} rows moved so far; ${done} of ${plural(of, 'table')} done`),
        })
      } catch (error) {
        if (interrupts.exitCode() === undefined) throw error
        return undefined
      } finally {
        await to.close()
      }
    }),
  )
  if (report === undefined) {
    terminal.say(
      `stopped; ${target.shown} is unchanged, and the copy in ${place.shown} is incomplete: run the same command to start over`,
    )
    return interrupts.exitCode() ?? 1
  }
  terminal.printJson({ ...report, from: target.shown, to: place.shown, config: line, exitCode: 0 })
  terminal.print(
    textTable(
      ['table', 'rows'],
      report.tables.map(({ table, rows }) => [table, rows]),
    ),
  )
  terminal.print(
    `\n${plural(report.rows, 'row')} of ${plural(report.tables.length, 'table')} copied and verified (${durationText(report.durationMs)}). ${target.shown} is unchanged.`,
  )
  terminal.print(`Now change the config so that the next sync continues there:\n\n  ${line}\n`)
  return 0
}

/** The database that is named directly or by an environment variable, and the config line for it. */
function wantedPlace(
  { cwd, environment, secrets }: Session,
  where: string,
): { readonly place: Place; readonly line: string } {
  const name = /^env:(.+)$/.exec(where)?.[1]
  if (name === undefined && passwordsIn(where).length > 0) {
    throw new SyncError(
      `the URL contains a password, which every user of this machine can read in the process list; put the URL into the environment, as NEW_DATABASE_URL, and run: move env:NEW_DATABASE_URL`,
      'fix-config',
    )
  }
  const url = name === undefined ? where : environment[name]
  if (url === undefined || url === '')
    throw new SyncError(`the environment variable ${name} is not set; set it, or name a database`, 'fix-config')
  secrets.add(passwordsIn(url))
  // The process has changed to the project folder, but a relative path is relative to where the command was called.
  const before = process.cwd()
  process.chdir(cwd)
  try {
    const place = placeOf(url)
    return {
      place,
      line: `destination: ${name === undefined ? JSON.stringify(place.url) : `env('${name}')`},`,
    }
  } finally {
    process.chdir(before)
  }
}

export const addMove: AddVerb = (root, run) => {
  root
    .command('move')
    .argument('<database>', 'the new database: a file, a Postgres URL, or env:NAME for an environment variable')
    .description('copy the rows and the sync state of every table to another database')
    .addHelpText('after', examples('tidemark move env:NEW_DATABASE_URL', 'tidemark move data/copy.db'))
    .action((database: string, _: object, command: Command) => run(command, (call) => move(call, database)))
}

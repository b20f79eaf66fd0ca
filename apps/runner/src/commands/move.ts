import { SyncError } from '@tidemark/core'
import { openDestination, type Place, placeOf } from '@tidemark/destination'
import { move as run } from '@tidemark/engine'
import type { Command } from 'commander'
import { passwordsIn } from '../secrets.ts'
import { type Call, needDatabase, openSession, type Session, withDestination } from '../session.ts'
import { everySoOften } from '../show/every-so-often.ts'
import { countText, durationText, plural } from '../show/numbers.ts'
import { textTable } from '../show/text-table.ts'
import { isAlive, thisRunner } from '../this-runner.ts'
import { type AddVerb, examples } from '../verb.ts'

/** Copies rows and state to another database, and says what to write into the config. */
export async function move(call: Call, where: string): Promise<number> {
  const session = await openSession(call)
  needDatabase(session)
  const { terminal, interrupts, target } = session
  const { place, line } = wantedPlace(session, where)
  if (place.url === target.url)
    throw new SyncError(`${place.shown} is where the tables are already; name another place`, 'fix-config')
  const progress = everySoOften(terminal.say)
  const report = await interrupts.during(() =>
    withDestination(session, async (from) => {
      const to = await openDestination({
        url: place.url,
        runner: thisRunner(),
        isAlive: (runner) => isAlive(runner) !== false,
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
      `stopped; ${target.shown} is as it was, and what is in ${place.shown} does not count: the same command starts over`,
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
    `\n${plural(report.rows, 'row')} of ${plural(report.tables.length, 'table')} arrived as they were sent (${durationText(report.durationMs)}). ${target.shown} is as it was.`,
  )
  terminal.print(`Now change the config, so that the next sync goes on there:\n\n  ${line}\n`)
  return 0
}

/** The place that is named, or that a variable of the environment names, and how the config says so. */
function wantedPlace(
  { cwd, environment, secrets }: Session,
  where: string,
): { readonly place: Place; readonly line: string } {
  const name = /^env:(.+)$/.exec(where)?.[1]
  if (name === undefined && passwordsIn(where).length > 0) {
    throw new SyncError(
      `the url holds a password, which everyone on this machine can read while it runs; put it into the environment, as NEW_DATABASE_URL, and say: move env:NEW_DATABASE_URL`,
      'fix-config',
    )
  }
  const url = name === undefined ? where : environment[name]
  if (url === undefined || url === '')
    throw new SyncError(`the environment has no variable ${name}; set it, or name a database`, 'fix-config')
  secrets.add(passwordsIn(url))
  // The process is in the project's folder by now, and a relative path counts from where it was called.
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
    .argument('<database>', 'where to: a file, a Postgres url, or env:NAME for a variable that holds one')
    .description('copy rows and state of every table to another database')
    .addHelpText('after', examples('tidemark move env:NEW_DATABASE_URL', 'tidemark move data/copy.db'))
    .action((database: string, _: object, command: Command) => run(command, (call) => move(call, database)))
}

import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { SyncError } from '@tidemark/core'
import { messageOf, readStateDocument } from '@tidemark/core/engine'
import { exportState, importState, systemClock } from '@tidemark/engine'
import type { Command } from 'commander'
import { agreeOnTarget } from '../agree-on-target.ts'
import { confirm } from '../confirm.ts'
import { jsonText } from '../json-text.ts'
import { type Call, needDatabase, openSession, withDestination, withReader } from '../session.ts'
import { everySoOften } from '../show/every-so-often.ts'
import { plural } from '../show/numbers.ts'
import { type AddVerb, examples } from '../verb.ts'

/** Exports the sync state of a database as one document. */
async function writeDown(call: Call, file: string | undefined): Promise<number> {
  const session = await openSession(call)
  needDatabase(session)
  const { terminal, secrets, interrupts } = session
  const progress = everySoOften(terminal.say)
  const document = await withReader(session, (destination) =>
    exportState(destination, {
      signal: interrupts.signal,
      redact: secrets.redact,
      onTable: (_, done, of) => progress(`${done} of ${plural(of, 'table')} exported so far`),
    }),
  )
  const text = `${jsonText(document)}\n`
  if (file === undefined) {
    terminal.printRaw([text])
    return 0
  }
  const path = resolve(call.cwd, file)
  // The name is random, so nobody can have put a link or file of their own there.
  const fresh = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    // Atomic, and readable by the owner only: the file says where all data comes from.
    writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' })
    renameSync(fresh, path)
  } catch (cause) {
    rmSync(fresh, { force: true })
    throw new SyncError(`${file} could not be written: ${messageOf(cause)}; name another file`, 'fix-config', { cause })
  }
  const { tables } = (document as { readonly records: { readonly tables: readonly unknown[] } }).records
  terminal.printJson({ file: path, tables: tables.length })
  terminal.print(`Exported the sync state of ${plural(tables.length, 'table')} to ${file}.`)
  return 0
}

/** Replaces the sync state with an exported one. */
async function putBack(call: Call, file: string, yes: boolean): Promise<number> {
  const session = await openSession(call)
  const { terminal, interrupts, target } = session
  const document = readStateDocument(textIn(resolve(call.cwd, file), file))
  await agreeOnTarget(session)
  const progress = everySoOften(terminal.say)
  const stop = new AbortController()
  const tables = await withDestination(session, (destination) =>
    importState(destination, document, {
      clock: systemClock,
      stop: (reason) => stop.abort(reason),
      signal: AbortSignal.any([interrupts.signal, stop.signal]),
      onTable: (_, done, of) => progress(`${done} of ${plural(of, 'table')} compared so far`),
      confirm: async (known) => {
        if (!yes)
          await confirm(
            `the sync state of ${plural(known, 'table')} in ${target.shown} will be replaced with the state of ${document.exportedAt}`,
          )
      },
    }),
  )
  terminal.printJson({ tables, exportedAt: document.exportedAt })
  terminal.print(
    `Imported the sync state of ${plural(tables, 'table')}; the next sync continues from ${document.exportedAt}: ${session.command('plan')}`,
  )
  return 0
}

function textIn(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SyncError(`${file} cannot be read: ${messageOf(cause)}`, 'fix-config', { cause })
  }
}

export const addState: AddVerb = (root, run) => {
  const group = root
    .command('state')
    .description('export or import sync state')
    .addHelpText('after', examples('tidemark state export state.json', 'tidemark state import state.json'))
  group
    .command('export')
    .argument('[file]', 'the file to write (default: stdout)')
    .description('write the sync state of every table to one JSON document; it contains no rows')
    .addHelpText('after', examples('tidemark state export state.json', 'tidemark state export > state.json'))
    .action((file: string | undefined, _: object, command: Command) => run(command, (call) => writeDown(call, file)))
  group
    .command('import')
    .argument('<file>', 'a file that "state export" wrote')
    .description('replace the sync state with an exported one; the tables must hold the same rows')
    .option('--yes', 'do not ask for confirmation')
    .addHelpText('after', examples('tidemark state import state.json'))
    .action((file: string, { yes }: { yes?: true }, command: Command) =>
      run(command, (call) => putBack(call, file, yes === true)),
    )
}

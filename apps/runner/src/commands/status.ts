import { statusOf } from '@tidemark/engine'
import type { Command } from 'commander'
import { type Call, openSession, type Session, withDestination } from '../session.ts'
import { statusText } from '../show/status.ts'
import { type AddVerb, examples } from '../verb.ts'

/** Says how far every table is, from the state alone. */
export async function status(call: Call): Promise<number> {
  const session = await openSession(call)
  const { terminal, command, secrets, target } = session
  if (!target.exists) {
    terminal.printJson(statusOf({ tables: new Map() }))
    terminal.print(noDatabase(session))
    return 0
  }
  const now = statusOf(await withDestination(session, 'memory', (destination) => destination.state()))
  terminal.printJson(now)
  terminal.print(secrets.redact(statusText(now, command)))
  return 0
}

export function noDatabase({ target, command }: Session): string {
  return `There is no database yet (${target.shown}). The first sync makes it: ${command('sync')}`
}

export const addStatus: AddVerb = (root, run) => {
  root
    .command('status')
    .description('say how far every table is')
    .addHelpText('after', examples('tidemark status', 'tidemark status --json'))
    .action((_, command: Command) => run(command, status))
}

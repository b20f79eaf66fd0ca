import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError } from 'commander'
import type * as dashboard from '../dashboard/dashboard.ts'
import { openInBrowser } from '../open-in-browser.ts'
import { type Call, needDatabase, openSession, type Session } from '../session.ts'
import { type AddVerb, examples } from '../verb.ts'
import { version } from '../version.ts'

export interface UiFlags {
  readonly port: number
  readonly allowActions?: boolean | undefined
  readonly open?: boolean | undefined
}

/** Serves the dashboard until it is stopped. */
export async function ui(call: Call, { port, allowActions, open }: UiFlags): Promise<number> {
  const { cwd, environment } = call
  const before = { ...environment }
  const session = await openSession(call)
  needDatabase(session)
  const { terminal, target, command, secrets, interrupts } = session
  // Loaded here so that other verbs start faster.
  const { startDashboard } = createRequire(import.meta.url)('./dashboard.js') as typeof dashboard
  const token = allowActions === true ? randomBytes(24).toString('base64url') : undefined
  const program = fileURLToPath(new URL('./main.js', import.meta.url))
  const running = await startDashboard({
    url: target.url,
    project: session.identity,
    place: target.shown,
    version: version(),
    port,
    command,
    redact: secrets.redact,
    freshness: session.config.data,
    actions: token === undefined ? undefined : { token, program, flags: flagsOf(session), cwd, environment: before },
  })
  if (port !== 0 && running.port !== port) terminal.say(`Port ${port} is in use.`)
  const address = `http://127.0.0.1:${running.port}/${token === undefined ? '' : `#token=${token}`}`
  terminal.printJson({ url: address })
  terminal.print(`The dashboard of ${target.shown}: ${address}`)
  terminal.say(
    token === undefined
      ? 'It is read-only (pass --allow-actions to sync from it). Press Ctrl-C to stop.'
      : 'Anyone with this address can start syncs. Press Ctrl-C to stop.',
  )
  const opened = open === true ? openInBrowser(address, terminal.say) : undefined
  await interrupts.during(() => stopped(interrupts.signal))
  opened?.forget()
  await running.close()
  return 0
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** The options that name project, config and database, for a verb in a process of its own. */
function flagsOf({ flags }: Session): readonly string[] {
  return (['project', 'config', 'destination'] as const).flatMap((name) => {
    const value = flags[name]
    return value === undefined ? [] : [`--${name}`, value]
  })
}

function portOption(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port < 65_536) return port
  throw new InvalidArgumentError('It must be a port from 0 to 65535; 0 picks a free one.')
}

export const addUi: AddVerb = (root, run) => {
  root
    .command('ui')
    .description('serve the dashboard, on this machine only')
    .option('--port <number>', 'the port to listen on, or the next free one', portOption, 4848)
    .option('--allow-actions', 'allow sync, resync and retry from the dashboard; prints an address with a token')
    .option('--open', 'open the dashboard in the browser')
    .addHelpText('after', examples('tidemark ui', 'tidemark ui --open --allow-actions'))
    .action((flags: UiFlags, command: Command) => run(command, (call) => ui(call, flags)))
}

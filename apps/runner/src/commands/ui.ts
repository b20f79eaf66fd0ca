import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SyncError } from '@tidemark/core'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { AccessFlags } from '../dashboard/access/access-options.ts'
import type { Role } from '../dashboard/access/password-file.ts'
import type * as dashboard from '../dashboard/dashboard.ts'
import { openInBrowser } from '../open-in-browser.ts'
import { type Call, openSession, type Session } from '../session.ts'
import { type AddVerb, examples } from '../verb.ts'
import { version } from '../version.ts'

export interface UiFlags extends AccessFlags {
  readonly port: number
  readonly allowActions?: boolean | undefined
  readonly open?: boolean | undefined
  /** Adds a user to the password file, and serves nothing. */
  readonly addUser?: string | undefined
  readonly role?: Role | undefined
}

/** Serves the dashboard until it is stopped. */
export async function ui(call: Call, flags: UiFlags): Promise<number> {
  const { port, host, allowActions, open } = flags
  if (flags.addUser !== undefined) return await added(call, flags.addUser, flags)
  const { cwd, environment } = call
  const before = { ...environment }
  const session = await openSession(call)
  const { terminal, target, command, secrets, interrupts } = session
  const { startDashboard, accessOf, basePathOf } = dashboardFile()
  const basePath = basePathOf(flags.basePath)
  // Nobody guesses it; a page whose visitors log in gets another one.
  const ownToken = allowActions === true ? randomBytes(24).toString('base64url') : undefined
  const shared = environment['TIDEMARK_UI_TOKEN']
  if (shared !== undefined) secrets.add([shared])
  const passwordFile = flags.passwordFile === undefined ? undefined : resolve(cwd, flags.passwordFile)
  const access = accessOf({ ...flags, passwordFile }, shared, ownToken)
  const token = access.tellsProof ? undefined : ownToken
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
    ...{ host, basePath, access },
    config: {
      invocation: { program, flags: flagsOf(session), cwd, environment: before },
      project: session.project.folder,
      file: session.config.file,
    },
    actions: allowActions === true ? { program, flags: flagsOf(session), cwd, environment: before } : undefined,
  })
  if (port !== 0 && running.port !== port) terminal.say(`Port ${port} is in use.`)
  const shownHost = host.includes(':') ? `[${host}]` : host
  const address = `http://${shownHost}:${running.port}${basePath}/${token === undefined ? '' : `#token=${token}`}`
  terminal.printJson({ url: address })
  const text = `The dashboard of ${target.shown}: ${address}`
  if (terminal.isForPrograms) terminal.say(text, { event: 'listening' })
  else terminal.print(text)
  terminal.say(
    allowActions !== true
      ? 'It is read-only (pass --allow-actions to sync from it). Press Ctrl-C to stop.'
      : token === undefined
        ? 'Users with the role actor can start syncs. Press Ctrl-C to stop.'
        : 'Anyone with this address can start syncs. Press Ctrl-C to stop.',
    { event: 'listening' },
  )
  const opened = open === true ? openInBrowser(address, terminal.say) : undefined
  await interrupts.during(() => stopped(interrupts.signal))
  opened?.forget()
  await running.close()
  return 0
}

// Loaded here so that other verbs start faster.
const dashboardFile = () => createRequire(import.meta.url)('./dashboard.js') as typeof dashboard

async function added({ cwd, terminal }: Call, name: string, { passwordFile, role }: UiFlags): Promise<number> {
  if (passwordFile === undefined)
    throw new SyncError('--add-user needs --password-file: the file that the user is added to', 'fix-config', {
      code: 'usage',
    })
  await dashboardFile().addUser(resolve(cwd, passwordFile), name, role ?? 'reader')
  terminal.print(`${name} may log in as ${role ?? 'reader'} (${passwordFile}).`)
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
    .description('serve the dashboard')
    .option('--port <number>', 'the port to listen on, or the next free one', portOption, 4848)
    .option('--allow-actions', 'allow sync, resync and retry from the dashboard; prints an address with a token')
    .option('--open', 'open the dashboard in the browser')
    .option('--host <address>', 'the address to listen on; any other than this machine needs a login', '127.0.0.1')
    .option('--base-path <path>', 'the path under which a proxy serves it, e.g. /tidemark')
    .option('--allowed-hosts <names>', 'host names under which it is opened, with commas between them')
    .option('--trust-proxy <addresses>', 'believe the X-Forwarded headers of these proxies: loopback, 10.0.0.0/8')
    .option('--password-file <file>', 'let users of this file log in, with the roles reader and actor')
    .option('--add-user <name>', 'add a user to the password file; the password is the first line of stdin')
    .addOption(new Option('--role <role>', 'the role of --add-user (default: reader)').choices(['reader', 'actor']))
    .option('--user-header <name>', 'the header in which a trusted proxy names who has logged in')
    .option('--actors <names>', 'users of --user-header who may act, with commas between them')
    .addHelpText(
      'after',
      examples(
        'tidemark ui',
        'tidemark ui --open --allow-actions',
        'tidemark ui --password-file users.txt --add-user ada --role actor',
        'tidemark ui --password-file users.txt --trust-proxy loopback --allowed-hosts tidemark.example.com --base-path /tidemark',
      ),
    )
    .action((flags: UiFlags, command: Command) => run(command, (call) => ui(call, flags)))
}

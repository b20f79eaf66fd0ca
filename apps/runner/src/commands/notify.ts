import { SyncError, suggestion } from '@tidemark/core'
import { EXIT } from '@tidemark/engine'
import type { Command } from 'commander'
import { demand } from '../load-config.ts'
import { type ChannelReport, Notifier } from '../notify/notifier.ts'
import { type Call, needDatabase, openSession, type Session, withDestination } from '../session.ts'
import { plural } from '../show/numbers.ts'
import { oneLine } from '../show/plain.ts'
import { type AddVerb, examples } from '../verb.ts'

export interface NotifyFlags {
  readonly test?: boolean | undefined
}

/** Sends the notices that are due, or a test. Connects to no source. */
export async function notify(call: Call, names: readonly string[], { test }: NotifyFlags): Promise<number> {
  const session = await openSession(call)
  demand(session.config, (path) => path.startsWith('notify.') || path === 'notify')
  const notifier = Notifier.of(session, { keepsRunning: false })
  if (notifier === undefined) throw noChannel(session)
  if (names.length > 0 && test !== true) throw usage('channels are named to test them; add --test, or omit their names')
  for (const name of names)
    if (!notifier.channels.includes(name))
      throw usage(
        `there is no channel "${name}" in notify.channels; ${suggestion(name, notifier.channels, 'channels')}`,
      )
  const reports = test === true ? await tested(notifier, names) : await sent(session, notifier)
  session.terminal.printJson({ channels: reports })
  for (const report of reports) session.terminal.print(reportText(report, test === true))
  return reports.some(({ error }) => error !== null) ? EXIT.someFailed : EXIT.ok
}

function tested(notifier: Notifier, names: readonly string[]): Promise<readonly ChannelReport[]> {
  const channels = names.length > 0 ? [...new Set(names)] : notifier.channels
  const now = BigInt(Date.now()) * 1000n
  return Promise.all(channels.map((channel) => notifier.test(channel, now)))
}

function sent(session: Session, notifier: Notifier): Promise<readonly ChannelReport[]> {
  needDatabase(session)
  return withDestination(session, (destination) => notifier.notify(destination))
}

function reportText({ channel, type, outcome, notices, error }: ChannelReport, isTest: boolean): string {
  const what = isTest ? 'a test' : plural(notices, 'notice')
  const texts: Readonly<Record<ChannelReport['outcome'], string>> = {
    delivered: `${what} delivered`,
    refused: `${what} not delivered: ${oneLine(error ?? '')}`,
    unknown: `${what} may not have been delivered: ${oneLine(error ?? '')}`,
    nothing: 'nothing is due',
  }
  return `${channel} (${type}): ${texts[outcome]}`
}

function noChannel({ config, project }: Session): SyncError {
  return usage(
    `${config.file ?? project.folder} names nobody to notify; add notify: { channels: { team: { type: 'slack', url: env('SLACK_WEBHOOK_URL') } } }`,
  )
}

const usage = (message: string): SyncError => new SyncError(message, 'fix-config', { code: 'usage' })

export const addNotify: AddVerb = (root, run) => {
  root
    .command('notify')
    .argument('[channels...]', 'with --test: the channels to test (default: all)')
    .description('send the notices that are due to the channels of "notify" in the config')
    .option('--test', 'send a test message to the channels, and nothing else')
    .addHelpText('after', examples('tidemark notify --test', 'tidemark notify --test team', 'tidemark notify'))
    .action((names: string[], flags: NotifyFlags, command: Command) =>
      run(command, (call) => notify(call, names, flags)),
    )
}

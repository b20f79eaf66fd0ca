import { createRequire } from 'node:module'
import type { Delivery } from './decide-notices.ts'
import { messageLines, type NoticeMessage } from './notice-message.ts'
import type { ChannelConfig } from './notify-config.ts'
import { runCommand } from './run-command.ts'
import type * as email from './send-email.ts'
import { sendSlack } from './send-slack.ts'
import { sendWebhook } from './send-webhook.ts'

/** Sends a message on a channel. @param folder the project's, where commands run. */
export function send(channel: ChannelConfig, message: NoticeMessage, folder: string): Promise<Delivery> {
  switch (channel.type) {
    case 'webhook':
      return sendWebhook(channel, message)
    case 'slack':
      return sendSlack(channel, message)
    case 'email':
      return mailer().sendEmail(channel, {
        id: message.id,
        subject: `Tidemark: ${message.title}`,
        text: `${messageLines(message).join('\n\n')}\n`,
      })
    case 'command':
      return runCommand(channel.command, message, folder)
  }
}

/** Loaded only where mail is sent. */
const mailer = (): typeof email => createRequire(import.meta.url)('./send-email.js') as typeof email

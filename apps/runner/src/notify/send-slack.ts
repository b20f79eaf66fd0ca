import { jsonText } from '../json-text.ts'
import type { Delivery } from './decide-notices.ts'
import { messageLines, type NoticeMessage } from './notice-message.ts'
import { postJson } from './send-webhook.ts'

/** What Slack takes in one message; it cuts what is longer. */
const LONGEST = 38_000

/** Sends a message to an incoming webhook of Slack, or of what takes the same JSON. */
export function sendSlack({ url }: { readonly url: string }, message: NoticeMessage): Promise<Delivery> {
  const [last = '', ...lines] = messageLines(message).toReversed()
  const text = [`*Tidemark: ${message.title}*`, ...lines.toReversed().map((line) => `• ${line}`), last].join('\n')
  return postJson(url, jsonText({ text: escaped(text).slice(0, LONGEST) }, 0))
}

// What Slack would take for a link, or for somebody's name.
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

import { parseDuration } from '@tidemark/core/engine'
import type { ConfigData } from '../config-schema.ts'
import { isUnresolved } from '../placeholders.ts'
import { passwordsIn } from '../secrets.ts'
import { NOTICE_EVENTS, type NoticeEvent } from './notice-event.ts'

export type NotifyConfig = NonNullable<ConfigData['notify']>
export type ChannelConfig = NonNullable<NotifyConfig['channels']>[string]

/** Who is notified of what, and how often. */
export interface NotifySettings {
  /** How long a table fails before it is reported. Undefined: not configured. */
  readonly failingForMs: number | undefined
  /** What lasts is reported again this long after its last notice. */
  readonly repeatMs: number
  readonly channels: ReadonlyMap<string, Channel>
}

export interface Channel {
  readonly name: string
  readonly config: ChannelConfig
  readonly events: ReadonlySet<NoticeEvent>
}

const REPEAT_MS = 86_400_000

/** @returns undefined if the config names no channel. */
export function notifySettings(config: NotifyConfig | undefined): NotifySettings | undefined {
  const channels = Object.entries(config?.channels ?? {})
  if (config === undefined || channels.length === 0) return undefined
  return {
    failingForMs: config.failingFor === undefined ? undefined : parseDuration(config.failingFor),
    repeatMs: (config.repeatEvery === undefined ? undefined : parseDuration(config.repeatEvery)) ?? REPEAT_MS,
    channels: new Map(
      channels.map(([name, channel]) => [
        name,
        { name, config: channel, events: new Set(channel.events ?? NOTICE_EVENTS) },
      ]),
    ),
  }
}

/** The secrets of the channels: whoever knows the address of a webhook can write to it. */
export function notifySecrets(config: NotifyConfig | undefined): readonly string[] {
  const own = Object.values(config?.channels ?? {}).flatMap((channel) =>
    channel.type === 'webhook' || channel.type === 'slack'
      ? [channel.url, ...(channel.type === 'webhook' ? [channel.secret ?? ''] : [])]
      : [],
  )
  return [...own, ...passwordsIn(config)].filter((one) => one !== '' && !isUnresolved(one))
}

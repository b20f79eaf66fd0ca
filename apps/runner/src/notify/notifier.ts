import { type Destination, messageOf } from '@tidemark/core/engine'
import { countChanges, countRejects, isAlive } from '@tidemark/destination'
import { overviewOf, promisedBy } from '@tidemark/engine'
import { askActivity } from '../activity.ts'
import type { Session } from '../session.ts'
import { type Condition, conditionsOf } from './condition.ts'
import { afterDelivery, type Decision, type Delivery, decideNotices, firstSight } from './decide-notices.ts'
import { type MessageContext, type NoticeMessage, noticeMessage, testMessage } from './notice-message.ts'
import { type Channel, type NotifySettings, notifySettings } from './notify-config.ts'
import { send } from './send.ts'

type Notifying = Pick<Destination, 'state' | 'query' | 'now' | 'recordNotices'>

/** What was sent on a channel, or why not. */
export interface ChannelReport {
  readonly channel: string
  readonly type: string
  readonly outcome: 'delivered' | 'refused' | 'unknown' | 'nothing'
  readonly notices: number
  readonly error: string | null
}

/** How long a table fails before it is reported, in a process that keeps running. */
const FAILING_FOR_MS = 600_000

/** Notifies people of what the state says. It connects to no source; the state remembers what was delivered. */
export class Notifier {
  readonly #session: Session
  readonly #settings: NotifySettings
  readonly #keepsRunning: boolean

  private constructor(session: Session, settings: NotifySettings, keepsRunning: boolean) {
    this.#session = session
    this.#settings = settings
    this.#keepsRunning = keepsRunning
  }

  /** @param keepsRunning it looks again and again. @returns undefined if the config has no channel. */
  static of(session: Session, { keepsRunning }: { readonly keepsRunning: boolean }): Notifier | undefined {
    const settings = notifySettings(session.config.data.notify)
    return settings === undefined ? undefined : new Notifier(session, settings, keepsRunning)
  }

  get channels(): readonly string[] {
    return [...this.#settings.channels.keys()]
  }

  /** Before the first run with a channel: what is there already is not news. */
  async begin(destination: Notifying): Promise<void> {
    const conditions = await this.#conditions(destination)
    for (const name of this.channels)
      await destination.recordNotices(name, (records, now) => firstSight(records, now, conditions))
  }

  /** Sends what is due on each channel. @throws if the destination does not answer. */
  async notify(destination: Notifying): Promise<readonly ChannelReport[]> {
    const conditions = await this.#conditions(destination)
    const channels = [...this.#settings.channels.values()]
    return await Promise.all(channels.map((channel) => this.#notifyOn(channel, conditions, destination)))
  }

  /** Sends a test on a channel, whatever the state says. Nothing is remembered of it. */
  async test(channel: string, now: bigint): Promise<ChannelReport> {
    const one = this.#settings.channels.get(channel)!
    return this.#report(one, 0, await this.#send(one, testMessage(now, this.#context(one))))
  }

  async #notifyOn(channel: Channel, conditions: readonly Condition[], destination: Notifying): Promise<ChannelReport> {
    const { failingForMs = this.#keepsRunning ? FAILING_FOR_MS : 0, repeatMs } = this.#settings
    let decided: { readonly decision: Decision; readonly now: bigint } | undefined
    await destination.recordNotices(channel.name, (records, now) => {
      const decision = decideNotices(records, now, { conditions, events: channel.events, failingForMs, repeatMs })
      decided = { decision, now }
      return decision
    })
    const { decision, now } = decided!
    if (decision.due.length === 0) return this.#report(channel, 0, undefined)
    const message = noticeMessage(decision.due, now, this.#context(channel))
    const delivery = await this.#send(channel, message)
    await destination.recordNotices(channel.name, (records, at) => afterDelivery(records, at, now, delivery))
    return this.#report(channel, decision.due.length, delivery)
  }

  async #send({ config }: Channel, message: NoticeMessage): Promise<Delivery> {
    const { secrets, project } = this.#session
    const delivery = await send(config, message, project.folder).catch((error: unknown): Delivery => {
      return { outcome: 'unknown', message: messageOf(error) }
    })
    return delivery.outcome === 'delivered' ? delivery : { ...delivery, message: secrets.redact(delivery.message) }
  }

  #report({ name, config }: Channel, notices: number, delivery: Delivery | undefined): ChannelReport {
    const error = delivery === undefined || delivery.outcome === 'delivered' ? null : delivery.message
    if (error !== null)
      this.#session.log.warn(
        `notices on "${name}" ${delivery?.outcome === 'refused' ? 'were not delivered' : 'may not have been delivered'}: ${error}`,
        { event: 'notice-failed', channel: name, notices },
      )
    return { channel: name, type: config.type, outcome: delivery?.outcome ?? 'nothing', notices, error }
  }

  #context({ name }: Channel): MessageContext {
    const { identity, target, command, secrets } = this.#session
    return {
      channel: name,
      project: identity.record,
      destination: target.shown,
      command,
      redact: secrets.redact,
    }
  }

  async #conditions(destination: Notifying): Promise<readonly Condition[]> {
    const [state, rejects, now] = [await destination.state(), await countRejects(destination), await destination.now()]
    const activity = await askActivity(destination, isAlive)
    const { sources, freshWithin } = this.#session.config.data
    const promised = promisedBy({ sources, freshWithin, everyMs: activity.every_ms ?? undefined })
    return conditionsOf(overviewOf(state, { now, rejects, promised }), { changes: await countChanges(destination) })
  }
}

import type { Logger } from '@tidemark/core'
import type { EventLog, LogFields } from '@tidemark/core/engine'

/** The log of a source. A wait is an event of its own, because it is no message but a state; a field `event` of the source stays, under another name. */
export function sourceLog(log: EventLog, use: string): Logger {
  const add = (fields: object | undefined): LogFields => {
    const { event: own, ...rest } = { ...fields } as { readonly event?: unknown; readonly waitMs?: unknown }
    const event = typeof rest.waitMs === 'number' ? 'source-wait' : 'source-message'
    return { source: use, ...rest, ...(own === undefined ? {} : { event_: own }), event }
  }
  return {
    debug: (message, fields) => log.debug(message, add(fields)),
    info: (message, fields) => log.info(message, add(fields)),
    warn: (message, fields) => log.warn(message, add(fields)),
  }
}

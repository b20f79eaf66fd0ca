import { z } from 'zod'

/**
 * The state of a connector, as it gave it to checkpoint(). `text` is present where JavaScript does not hold it exactly: a number of many
 * digits, `1.0`, an order of names that is not kept.
 */
const State = z.object({ state: z.json() })
export const StateOffset = z.union([State.extend({ text: z.string() }), State])
export type StateOffset = z.infer<typeof StateOffset>

/** @param text JSON, without spaces between its parts. */
export function offsetOf(text: string): StateOffset {
  const state = JSON.parse(text) as StateOffset['state']
  return JSON.stringify(state) === text ? { state } : { state, text }
}

/** The JSON text of a state; undefined: that of a connector that never ran. */
export function stateText(offset: StateOffset | undefined): string {
  if (offset === undefined) return '{}'
  return 'text' in offset ? offset.text : JSON.stringify(offset.state)
}

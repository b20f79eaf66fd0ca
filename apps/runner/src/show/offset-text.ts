import { oneLine } from './plain.ts'

/** The most of an offset that is shown: a connector's whole state may be one. */
const MAX_SHOWN = 60

/** The offset of a feed, on one line and shortened. */
export function offsetText(offset: string): string {
  const text = oneLine(offset)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

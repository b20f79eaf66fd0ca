import { formatInstant, instantParts } from '@tidemark/core/engine'

/** An instant for people and scripts; what no calendar holds as its number. */
export function instantText(position: bigint): string {
  return instantParts(position) === undefined ? `${position} µs` : formatInstant(position, 'Z')
}

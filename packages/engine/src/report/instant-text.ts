import { writtenInstant } from '@tidemark/core/engine'

/** An instant for people and scripts; what no calendar holds as its number. */
export function instantText(position: bigint): string {
  return writtenInstant(position, 'Z') ?? `${position} µs`
}

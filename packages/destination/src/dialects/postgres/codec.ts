import type { Encode, ValueCodec } from '../../values/codec.ts'
import { type Repertoire, UNICODE } from '../../values/repertoire.ts'
import { ENCODERS } from './column-types.ts'
import { countedInstant, countedLocal } from './moments.ts'

/** What binary `COPY` is made of. */
export const BINARY_CODEC: ValueCodec = {
  repertoire: UNICODE,
  takesBinary: true,
  stored: ENCODERS,
  timestamp: countedInstant,
  local: countedLocal,
}

/** The same in a database whose encoding has not all of Unicode. */
export function codecOf(repertoire: Repertoire): ValueCodec {
  if (repertoire.encoding === undefined) return BINARY_CODEC
  const { stored } = BINARY_CODEC
  const held =
    (encode: Encode): Encode =>
    (value) => {
      const text = encode(value)
      return typeof text === 'string' && repertoire.problemOf(text) !== undefined ? undefined : text
    }
  // What its encoding lacks is looked for in every text.
  return {
    ...BINARY_CODEC,
    repertoire,
    takesBinary: undefined,
    stored: { ...stored, text: held(stored.text), json: held(stored.json) },
  }
}

import { deserialize, serialize } from 'node:v8'
import type { EncodedKey } from '@tidemark/core/engine'

/** An encoded key as it is kept, so that it can be looked up again: most are JSON, which is made in a fifth of the time. */
export function keptKey(key: EncodedKey): string | Uint8Array {
  return key.every((part) => typeof part === 'string' || Number.isSafeInteger(part))
    ? JSON.stringify(key)
    : serialize(key)
}

export function readKey(kept: string | Uint8Array): EncodedKey {
  return (typeof kept === 'string' ? JSON.parse(kept) : deserialize(kept)) as EncodedKey
}

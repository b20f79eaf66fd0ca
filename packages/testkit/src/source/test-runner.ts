import type { Runner } from '@tidemark/core/engine'

let count = 0

/** A runner of a test; each is another one. */
export function testRunner(): Runner {
  count++
  return { id: `test-${process.pid}-${count}`, host: 'test', pid: process.pid, startedAt: BigInt(count) }
}

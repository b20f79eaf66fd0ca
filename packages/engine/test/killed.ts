import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type Destination, type Failpoint, onFailpoint } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'

// No power fails in a model, so its files may lie in memory where there is such a place.
export const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
let runners = 0

/** Opens a file as another process would: whoever had it before is dead. */
export function openFile(url: string): Promise<Destination> {
  const runner = { id: `model-${++runners}`, host: 'model', pid: process.pid, startedAt: 0n }
  return openDestination({ url, runner, isAlive: () => false })
}

/** Does work in a process that is dead from a point on: whatever it still asks of its destination fails. */
export async function killed(
  living: Destination,
  { point, nth }: { readonly point: Failpoint; readonly nth: number },
  work: (dying: Destination) => Promise<unknown>,
): Promise<void> {
  let passed = 0
  let isDead = false
  onFailpoint((one) => {
    if (isDead || (one === point && ++passed === nth)) {
      isDead = true
      throw new Error('dead')
    }
  })
  const dying = new Proxy(living, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value !== 'function') return value
      return isDead ? () => Promise.reject(new Error('dead')) : value.bind(target)
    },
  })
  try {
    await work(dying).catch(() => {})
  } finally {
    onFailpoint(undefined)
  }
  await living.close()
}

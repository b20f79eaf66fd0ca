import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { byHand, folder, open, prepare } from './place.ts'

const threads = vi.hoisted(() => ({ fail: false }))
vi.mock(import('node:worker_threads'), async (original) => {
  const { Worker, ...others } = await original()
  return {
    ...others,
    Worker: class extends Worker {
      constructor(...options: ConstructorParameters<typeof Worker>) {
        if (threads.fail) throw new Error('no thread can be started')
        super(...options)
      }
    },
  }
})

const NOTE = 'x'.repeat(10_000)
const wide = (from: number) => Array.from({ length: 500 }, (_, at) => ({ id: from + at, note: NOTE }))

it('copies a long log into the file while rows are written, and leaves none', async () => {
  const path = join(folder(), 'x.db')
  const destination = await open(path)
  const { write } = await prepare(destination)
  // 40 MB, of which commits themselves copy nothing.
  let rows = 0
  for (; rows < 4000; rows += 500) await write(wide(rows))
  await expect
    .poll(
      async () => {
        await write(wide(rows), { completes: undefined })
        return statSync(path).size
      },
      { interval: 250 },
    )
    .toBeGreaterThan(40_000_000)
  await destination.close()
  expect(existsSync(`${path}-wal`)).toBe(false)
  const database = byHand(path)
  expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(database.prepare('select count(*) as rows from things').get()).toEqual({ rows: rows + 500 })
})

it('goes on without a thread where none can be started', async () => {
  const path = join(folder(), 'x.db')
  const destination = await open(path)
  const { write } = await prepare(destination)
  threads.fail = true
  try {
    for (let rows = 0; rows < 4000; rows += 500) await write(wide(rows))
    await destination.close()
  } finally {
    threads.fail = false
  }
  expect(existsSync(`${path}-wal`)).toBe(false)
})

import { appendFileSync, truncateSync, utimesSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { errorOf, Folder, open } from './harness.ts'

/** Writes to a file again and again. */
function writer(path: string, everyMs: number, times: number): { readonly done: Promise<void> } {
  const work = async (): Promise<void> => {
    for (let at = 0; at < times; at++) {
      await wait(everyMs)
      appendFileSync(path, `${100 + at}\n`)
    }
  }
  return { done: work() }
}

describe('a file that is being written', () => {
  it('is waited for until it is at rest', async () => {
    const folder = new Folder()
    const file = folder.write('a.csv', 'id\n1\n')
    const source = await open({ t: { path: file, minAge: '300ms' } })
    truncateSync(file, 3)
    const { done } = writer(file, 100, 5)
    expect(await source.read()).toEqual([100, 101, 102, 103, 104].map((id) => ({ id })))
    await done
  })

  it('is an error to try again where it is never at rest', async () => {
    const folder = new Folder()
    const file = folder.write('a.csv', 'id\n1\n')
    const source = await open({ t: { path: file, minAge: '0s' } })
    const busy = await open({ t: { path: file, minAge: '100ms' } }, { t: [{ name: 'id', type: 'integer' }] })
    const { done } = writer(file, 20, 60)
    await wait(50)
    const error = await errorOf(busy.read())
    expect(error).toMatchObject({ remedy: 'retry', message: expect.stringContaining('is being written') })
    await done
    expect(await source.read()).toHaveLength(61)
  })

  it('is not waited for by default where its time has passed, nor for ever where its time is in the future', async () => {
    const folder = new Folder()
    const old = folder.write('old.csv', 'id\n1\n')
    utimesSync(old, Date.now() / 1000 - 60, Date.now() / 1000 - 60)
    const started = performance.now()
    expect(await (await open({ t: { path: old, minAge: '20s' } })).read()).toEqual([{ id: 1 }])
    expect(performance.now() - started).toBeLessThan(15_000)
    const future = folder.write('future.csv', 'id\n2\n')
    utimesSync(future, Date.now() / 1000 + 86_400, Date.now() / 1000 + 86_400)
    expect(await (await open({ t: { path: future, minAge: '50ms' } })).read()).toEqual([{ id: 2 }])
  })

  it('is not waited for any longer when the run is stopped', async () => {
    const folder = new Folder()
    const file = folder.write('a.csv', 'id\n1\n')
    const source = await open({ t: { path: file, minAge: '0s' } })
    const slow = await open({ t: { path: file, minAge: '0s' } })
    Object.assign(slow.client.tables[0]!, { minAge: '1h' })
    const reason = new Error('stopped')
    await expect(slow.read('t', undefined, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(await source.read()).toEqual([{ id: 1 }])
  })
})

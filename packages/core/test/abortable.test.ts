import { describe, expect, it } from 'vitest'
import { abortable } from '../src/values/abortable.ts'

describe('work that a signal may end', () => {
  it('gives its answer or its failure', async () => {
    const { signal } = new AbortController()
    expect(await abortable(Promise.resolve(1), signal)).toBe(1)
    expect(await abortable(Promise.resolve(1), undefined)).toBe(1)
    await expect(abortable(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
  })

  it('is not waited for once the signal aborts, and its failure is nobody’s', async () => {
    const [before, after] = [new AbortController(), new AbortController()]
    before.abort(new Error('stopped'))
    await expect(abortable(Promise.reject(new Error('broken')), before.signal)).rejects.toThrow('stopped')
    const work = Promise.withResolvers<never>()
    const waiting = abortable(work.promise, after.signal)
    after.abort(new Error('stopped later'))
    await expect(waiting).rejects.toThrow('stopped later')
    work.reject(new Error('broken'))
    // An unheard rejection would fail this test.
    await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it('leaves no listener behind', async () => {
    let listeners = 0
    const { signal } = new AbortController()
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--
      remove(...given)
    }
    await abortable(Promise.resolve(1), signal)
    await abortable(Promise.reject(new Error('broken')), signal).catch(() => {})
    await Promise.resolve()
    expect(listeners).toBe(0)
  })
})

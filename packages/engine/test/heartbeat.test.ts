import { setTimeout as wait } from 'node:timers/promises'
import type { SyncError } from '@tidemark/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startHeartbeat } from '../src/lease/heartbeat.ts'

const BEAT = { everyMs: 5, giveUpMs: 1000 }

/** A clock that moves by a second whenever it is asked. */
function seconds(): () => number {
  let now = 0
  return () => {
    now += 1000
    return now
  }
}

function lost(renew: () => Promise<void>, monotonic: () => number, more: object = {}): Promise<SyncError> {
  return new Promise((found) => onTestFinished(startHeartbeat({ ...BEAT, ...more, renew, monotonic, onLost: found })))
}

describe('a heartbeat', () => {
  it('that does not get through ends the run before its leases end, and says why', async () => {
    const error = await lost(() => Promise.reject(new Error('no route to the database')), seconds(), { giveUpMs: 3500 })
    expect(error).toMatchObject({ code: 'destination-lost', remedy: 'retry' })
    expect(error.message).toContain('no route to the database')
  })

  it('is never sent twice at a time, and one that only waits ends nothing: it may stand behind a long commit', async () => {
    let beats = 0
    let now = 0
    const answer = Promise.withResolvers<void>()
    const renew = () => {
      beats++
      return beats === 1 ? answer.promise : Promise.resolve()
    }
    let isLost = false
    const onLost = () => {
      isLost = true
    }
    onTestFinished(startHeartbeat({ ...BEAT, renew, monotonic: () => now, onLost }))
    await wait(60)
    now = 100_000
    await wait(30)
    expect([beats, isLost]).toEqual([1, false])
    answer.resolve()
    while (beats < 3) await wait(5)
    expect(isLost).toBe(false)
  })

  it('that gets through now and then goes on', async () => {
    let beats = 0
    let now = 0
    const renew = async () => {
      beats++
      now += 400
      if (beats % 2 === 0) throw new Error('busy')
    }
    let isLost = false
    const onLost = () => {
      isLost = true
    }
    onTestFinished(startHeartbeat({ ...BEAT, renew, monotonic: () => now, onLost }))
    while (beats < 12) await wait(5)
    expect(isLost).toBe(false)
  })
})

import { defineSource, type Source, type SourceClock, SyncError, secret } from '@tidemark/core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { SourceTestOptions } from '../src/index.ts'
import { checkLaw } from '../src/source/check-law.ts'
import { errorsLaw, secretsLaw } from '../src/source/error-laws.ts'
import { shortWaits } from '../src/source/short-waits.ts'

const TOKEN = 'a-token-for-tests'

/** Tries five times, as clients do, and waits between by the clock that it is given. */
class PatientClient {
  readonly #url: string
  readonly #clock: SourceClock
  readonly #says: (waitMs: number) => string

  constructor(url: string, clock: SourceClock, says: (waitMs: number) => string) {
    this.#url = url
    this.#clock = clock
    this.#says = says
  }

  async get(signal: AbortSignal): Promise<readonly unknown[]> {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(this.#url, { signal })
      if (response.ok) return (await response.json()) as unknown[]
      const { status } = response
      if (status < 429) throw new SyncError(`the token was refused with ${status}`, 'fix-config')
      const waitMs = Math.max(Number(response.headers.get('retry-after') ?? 0) * 1000, 1000 * 2 ** attempt)
      if (attempt === 5) throw new SyncError(this.#says(waitMs), 'retry', { retryAfterMs: waitMs })
      await this.#clock.sleep(waitMs, signal)
      waited += waitMs
    }
  }
}

let waited = 0

function patient(says: (waitMs: number) => string): Source {
  const source = defineSource({
    name: 'patient',
    config: z.object({ url: z.url(), token: secret() }),
    connect: ({ url }, { clock }) => {
      if (clock === undefined) throw new Error('the law gave no clock')
      return new PatientClient(url, clock, says)
    },
  })
  const table = source.table({
    name: 'rows',
    row: z.object({ id: z.int() }),
    primaryKey: ['id'],
    async *read({ client, signal }) {
      yield await client.get(signal)
    },
  })
  return source.with([table]) as Source
}

const options: SourceTestOptions = {
  config: (place: { readonly url: string }) => ({ url: place.url, token: TOKEN }),
  server: () => Response.json([{ id: 1 }]),
}

it('the laws of errors go through the tries of a client without its waits', async () => {
  waited = 0
  const startedAt = performance.now()
  await checkLaw(
    errorsLaw,
    patient(() => 'the system is busy'),
    options,
  )
  await checkLaw(
    secretsLaw,
    patient(() => 'the system is busy'),
    options,
  )
  // The four waits of 429, 503 and 500, and of 500 once more for the secrets.
  expect(waited).toBe(4 * 30_000)
  expect(performance.now() - startedAt).toBeLessThan(waited / 5)
})

it('and see what comes of them', async () => {
  const leaky = patient((waitMs) => `busy for ${waitMs} ms with ${TOKEN}`)
  await expect(checkLaw(secretsLaw, leaky, options)).rejects.toThrow(/a secret is in: .*busy for 32000 ms/)
})

it('waits end in their order, when their time is there, and with the reason of whoever stops them', async () => {
  const clock = shortWaits()
  const startedAt = clock.now()
  const ended: number[] = []
  await Promise.all(
    [9000, 3000, 6000].map(async (ms) => {
      await clock.sleep(ms, undefined)
      expect(clock.now() - startedAt).toBeGreaterThanOrEqual(ms)
      ended.push(ms)
    }),
  )
  expect(ended).toEqual([3000, 6000, 9000])
  // Beside one another, not one after the other.
  expect(clock.now() - startedAt).toBeLessThan(9000 + 3000)
  const reason = new Error('stopped by the test')
  await expect(clock.sleep(1e6, AbortSignal.abort(reason))).rejects.toBe(reason)
})

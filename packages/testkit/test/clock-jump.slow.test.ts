import { days, defineSource, hours, minutes, type Source } from '@tidemark/core'
import { type Destination, union } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SyncPlace, syncPlaces, syncShop, TestClock } from './sync-places.ts'

const START = '2026-03-01T12:30:00Z'
const HOUR = 3_600_000_000n

/** Sees the time of a database as a test wants it. */
function withClock(destination: Destination, clock: TestClock): Destination {
  return new Proxy(destination, {
    get(target, name) {
      if (name === 'now') return async () => clock.micros
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

interface Row {
  readonly id: number
  readonly at: string
}

/** A table that ends at the runner's clock. */
function source(rows: readonly Row[], spec: object, row: object = { at: z.iso.datetime() }): Source {
  const shop = defineSource({ name: 'shop' })
  const table = shop.table({
    name: 'orders',
    row: z.object({ id: z.int(), ...row }),
    primaryKey: ['id'],
    cursor: 'at',
    ...spec,
    async *read({ from, to }: { from?: string; to: string }) {
      yield rows.filter(({ at }) => (from === undefined || at >= from) && at < to)
    },
  } as unknown as Parameters<typeof shop.table>[0])
  return shop.with([table]) as Source
}

const covered = async (destination: Destination): Promise<bigint> => {
  const [partition] = [...(await destination.state()).tables.get('shop_orders')!.partitions.values()]
  return union(partition?.covered ?? []).at(-1)?.to ?? 0n
}

interface Jump {
  readonly name: string
  /** Also what lengths are measured with: a machine that was stopped and set. */
  readonly monotonic: boolean
}
const JUMPS: readonly Jump[] = [
  { name: 'set ahead', monotonic: false },
  { name: 'stopped and set ahead', monotonic: true },
]
const KINDS: Readonly<Record<string, object>> = {
  'in one window': {},
  'in windows': { window: hours(1), start: '2026-03-01T00:00:00Z' },
  ascending: { ordered: 'ascending' },
  'without a key': { primaryKey: undefined },
}

describe.each(syncPlaces())('a clock that goes ahead in the middle of a run on $name', ({ empty }: SyncPlace) => {
  describe.each(JUMPS)('$name', ({ monotonic }) => {
    const jumpBy = (clock: TestClock, micros: bigint): void => {
      clock.micros += micros
      if (monotonic) clock.ahead += Number(micros) / 1000
    }

    it.each(Object.entries(KINDS))(
      'covers nothing that has not come, and what comes then is read: %s',
      async (_, spec) => {
        const database = new TestClock(START)
        const clock = new TestClock(START)
        const destination = withClock(await empty(), database)
        let rows: readonly Row[] = [{ id: 1, at: '2026-03-01T11:00:00.000Z' }]
        const jumping = { ...spec, start: () => '2026-03-01T00:00:00Z', revision: () => void jumpBy(clock, 5n * HOUR) }
        expect(await syncShop(destination, source(rows, jumping), { clock })).toMatchObject({ exitCode: 0 })
        expect((await covered(destination)) <= database.micros).toBe(true)
        clock.micros = database.micros
        rows = [...rows, { id: 2, at: '2026-03-01T12:40:00.000Z' }]
        clock.micros += HOUR
        database.micros += HOUR
        const done = await syncShop(destination, source(rows, spec), { clock })
        expect(done).toMatchObject({ exitCode: 0, tables: [{ status: 'complete' }] })
        expect(
          (await destination.query('select id from shop_orders order by id')).rows.map(([id]) => Number(id)),
        ).toEqual([1, 2])
        expect(done.state.to_timestamp).toBe('2026-03-01T13:29:00Z')
      },
    )

    it('by days: today is not over', async () => {
      const database = new TestClock(START)
      const clock = new TestClock(START)
      const destination = withClock(await empty(), database)
      const spec = { minAge: minutes(1), start: () => '2026-02-20', revision: () => void jumpBy(clock, 48n * HOUR) }
      await syncShop(destination, source([], { ...spec, lookback: days(0) }, { at: z.iso.date() }), { clock })
      expect(await covered(destination)).toBe(BigInt(Date.parse('2026-03-01T00:00:00Z')) * 1000n)
    })

    it('that the source calls unchanged is covered up to now only', async () => {
      const database = new TestClock(START)
      const clock = new TestClock(START)
      const destination = withClock(await empty(), database)
      const revised = (revision: () => string): Source => source([], { start: () => '2026-03-01T00:00:00Z', revision })
      for (let run = 0; run < 2; run++) {
        await syncShop(
          destination,
          revised(() => 'same'),
          { clock },
        )
        clock.micros += HOUR
        database.micros += HOUR
      }
      const jump = (): string => {
        jumpBy(clock, 5n * HOUR)
        return 'same'
      }
      await syncShop(destination, revised(jump), { clock })
      expect((await covered(destination)) <= database.micros).toBe(true)
    })

    it('live steps that come due beside a history end at the time of the database', async () => {
      const database = new TestClock(START)
      const clock = new TestClock(START)
      const destination = withClock(await empty(), database)
      let reads = 0
      const shop = defineSource({ name: 'shop' })
      const table = shop.table({
        name: 'orders',
        row: z.object({ id: z.int(), at: z.iso.datetime() }),
        primaryKey: ['id'],
        cursor: 'at',
        window: hours(1),
        start: '2026-03-01T00:00:00Z',
        async *read() {
          await new Promise((resolve) => setTimeout(resolve, 5))
          if (++reads === 3) jumpBy(clock, 5n * HOUR)
          yield []
        },
      })
      const done = await syncShop(destination, shop.with([table]) as Source, { clock, settings: { everyMs: 1 } })
      expect(done.exitCode).toBe(0)
      expect(reads).toBeGreaterThan(10)
      expect((await covered(destination)) <= database.micros).toBe(true)
    })
  })
})

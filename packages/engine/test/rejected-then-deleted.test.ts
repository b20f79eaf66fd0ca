import { it } from 'vitest'
import { kinds } from './hard-kinds.ts'
import { HardWorld, type Turn } from './hard-world.ts'

// Found by the model: where the source says that the row was, the destination had no version of it.
const run: Turn = { type: 'run', failAt: undefined, isShort: false }
const put = (late: number, bad: boolean): Turn => ({ type: 'put', id: 1, late, in: 0, bad })
const wait = (seconds: number): Turn => ({ type: 'wait', seconds })
const remove: Turn = { type: 'delete', id: 1, in: 0 }

it.each(kinds.filter(({ revision }) => revision === true))(
  'a row whose last version was rejected goes when it is deleted: $name',
  async (kind) => {
    for (const [seconds, late] of [
      // The old place and the new one are read at once.
      [0, 3],
      // Each by itself.
      [5, 3],
      // The new one as a new row.
      [5, 0],
    ] as const) {
      const world = await HardWorld.of(kind)
      try {
        for (const turn of [wait(1), put(3, false), run, wait(seconds), put(late, true), wait(seconds), run])
          await world.take(turn)
        for (const turn of [remove, wait(1), run, run]) await world.take(turn)
        await world.check()
      } finally {
        await world.close()
      }
    }
  },
)

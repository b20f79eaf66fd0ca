import { it } from 'vitest'
import { kinds } from './hard-kinds.ts'
import { HardWorld, type Turn } from './hard-world.ts'

// Found by the model: what the ordinary step read had answered the resync, which looks back further and failed.
const run = (failAt?: number): Turn => ({ type: 'run', failAt, isShort: false })
const wait = (seconds: number): Turn => ({ type: 'wait', seconds })

it.each(kinds.filter(({ spec, revision }) => spec['cursor'] !== null && revision !== true))(
  'a row that comes late is found where the clock was ahead and a run failed: $name',
  async (kind) => {
    const world = await HardWorld.of(kind)
    try {
      const late: Turn = { type: 'put', id: 0, late: 1, in: 0, bad: false }
      const turns: readonly Turn[] = [{ type: 'ahead', by: 147 }, wait(147), run(), late, wait(61), run(0), run()]
      for (const turn of turns) await world.take(turn)
      await world.check()
    } finally {
      await world.close()
    }
  },
)

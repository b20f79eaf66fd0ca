import { expect, it, onTestFinished } from 'vitest'
import { drain } from '../src/log-drain.ts'
import { lag } from '../src/log-lag.ts'
import { startServers } from '../src/log-world.ts'

// A tenth of what `pnpm bench log` measures, on a machine that has other work: that it is right counts, and that nothing is far off.
async function servers(): ReturnType<typeof startServers> {
  const started = await startServers()
  onTestFinished(() => started.stop())
  return started
}

it('queued changes are drained to the rows of a subscription of Postgres, and not much slower', async () => {
  const { ratio, microseconds } = await drain(await servers(), 100_000)
  console.info(`${ratio!.toFixed(2)} of the subscription, ${microseconds!.toFixed(1)} µs of processor time a change`)
  expect(ratio).toBeGreaterThan(0.25)
})

it('a destination is seconds behind at most while a thousand changes a second come', async () => {
  const { looks, perSecond, p50, p99, max } = await lag(await servers(), 1000, 10)
  console.info(
    `${perSecond!.toFixed(0)} changes/s: lag ${p50!.toFixed(0)} ms, ${p99!.toFixed(0)} ms (p99), ${max!.toFixed(0)} ms (most) in ${looks} looks`,
  )
  expect(looks).toBeGreaterThan(20)
  expect(p50).toBeLessThan(5000)
})

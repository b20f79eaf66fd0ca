import { drain } from '../log-drain.ts'
import { lag } from '../log-lag.ts'
import { startServers } from '../log-world.ts'
import { report } from '../measure.ts'

// Changes that wait in the log of a Postgres, beside a subscription of Postgres that applies the same; and how far a destination is behind.
const changes = Number(process.argv[2] ?? 1_000_000)
const perSecond = Number(process.argv[3] ?? 1000)
const forSeconds = Number(process.argv[4] ?? 30)

await report(async () => {
  const servers = await startServers()
  try {
    const drained = await drain(servers, changes)
    const behind = await lag(servers, perSecond, forSeconds)
    return { ...drained, ...behind }
  } finally {
    await servers.stop()
  }
})

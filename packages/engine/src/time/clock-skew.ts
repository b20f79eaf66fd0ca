import type { EventLog } from '@tidemark/core/engine'
import type { Clock } from './clock.ts'
import { durationText } from './duration-text.ts'

/** Smaller differences are the normal case: minAge and lookback stand for them. */
const WORTH_A_WORD = 60_000_000n

/**
 * A clock that is never ahead of the destination's: a runner that reads up to a future time would count as covered
 * what is still to happen. One that is behind only reads a little later. Where it is set ahead during the run, time
 * passes as the monotonic clock says; each step looks at the destination's once more (`withinPresent`).
 */
export function clampToDestination(clock: Clock, destinationNow: bigint, log: EventLog | undefined): Clock {
  const ahead = clock.now() - destinationNow
  if (ahead > WORTH_A_WORD || ahead < -WORTH_A_WORD) {
    const by = durationText(ahead < 0n ? -ahead : ahead)
    log?.warn(
      `the clock of this machine is ${by} ${ahead < 0n ? 'behind' : 'ahead of'} the destination's; ${skewText(ahead)}`,
      { event: 'clock-skew' },
    )
  }
  const startedAt = clock.monotonic()
  const now = (): bigint => {
    const passed = BigInt(Math.round((clock.monotonic() - startedAt) * 1000))
    return least(ahead <= 0n ? clock.now() : clock.now() - ahead, destinationNow + passed)
  }
  return {
    now,
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal, kind) => clock.sleep(ms, signal, kind),
    turn: () => clock.turn(),
    random: () => clock.random(),
  }
}

const skewText = (ahead: bigint): string =>
  ahead < 0n ? 'tables without their own end() are read up to its time' : "the destination's is used"

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

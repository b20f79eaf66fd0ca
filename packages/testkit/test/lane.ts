const LANES = {
  short: {
    kills: 20,
    feedKills: 10,
    duckdb: { kills: 5, feedKills: 3 },
    perPlace: 10,
    nths: [2],
    controls: 2,
    races: 4,
    zombies: 2,
    // Inside a transaction, and as many inside COPY.
    zombiesInside: 1,
    lostCommits: 3,
    hardStops: 1,
    shapes: 2,
    looks: 5,
    pooled: 4,
  },
  middle: {
    kills: 20,
    feedKills: 10,
    duckdb: { kills: 5, feedKills: 3 },
    perPlace: 10,
    nths: [1, 3],
    controls: 3,
    races: 4,
    zombies: 2,
    zombiesInside: 1,
    lostCommits: 3,
    hardStops: 2,
    shapes: 3,
    looks: 6,
    pooled: 3,
  },
  long: {
    kills: 200,
    feedKills: 100,
    duckdb: { kills: 100, feedKills: 50 },
    perPlace: 25,
    nths: [1, 2, 5],
    controls: 10,
    races: 25,
    zombies: 10,
    zombiesInside: 5,
    lostCommits: 10,
    hardStops: 8,
    shapes: 5,
    looks: 40,
    pooled: 10,
  },
} as const

const asked = process.env['TIDEMARK_CRASH'] ?? 'short'
if (!Object.hasOwn(LANES, asked)) throw new Error(`TIDEMARK_CRASH is ${asked}: middle and long are its values`)

/** How much is done: a little with `pnpm test`, a tenth of it or a little more with `.ci/run`, all of it with `pnpm turbo crash`. */
export const lane = LANES[asked as keyof typeof LANES]
/** Whether every kind of case is tried, and not one for all. */
export const isLong = asked !== 'short'

/** A machine that has much else to do is slow, and nothing is broken. */
export const TIMEOUT = isLong ? 3_600_000 : 600_000

/** Processes at a time, in each of the files that run beside each other: each waits for the disk and for its kill. */
const AT_ONCE = 2

/** Does so many things, some at a time; the results keep the order. */
export async function many<T>(count: number, work: (at: number) => Promise<T>): Promise<readonly T[]> {
  const results = new Array<T>(count)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const at = next++
      results[at] = await work(at)
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker))
  return results
}

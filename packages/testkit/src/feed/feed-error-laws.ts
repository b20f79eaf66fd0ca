import type { z } from 'zod'
import {
  FAULTS,
  faultOf,
  listenToConsole,
  misjudged,
  SECRET_FAULTS,
  shownSecrets,
  thrown,
} from '../source/error-laws.ts'
import type { Fault } from '../source/fault-server.ts'
import { Lines } from '../source/lines.ts'
import { configOf } from '../source/opened.ts'
import type { OpenPlace } from '../source/place.ts'
import { textOf } from '../source/row-text.ts'
import { shortWaits } from '../source/short-waits.ts'
import type { FeedLaw } from './feed-law.ts'
import type { TestedFeed } from './tested-feed.ts'

export const feedErrorsLaw: FeedLaw = {
  name: 'errors',
  says: '401 asks for another config; 429 and 5xx are tried again, after the delay that was asked for',
  meaning:
    'a refused token is tried again and again, or a busy system fails tables that would have succeeded a minute later.',
  async check(world) {
    if (world.options.server === undefined) return []
    const stage = 'from the first request on'
    const findings = FAULTS.map(async (fault) => {
      await using place = await world.place()
      const error = await failing(world, place, faultOf(fault), new Lines())
      return misjudged({ table: undefined, stage, error }, fault)
    })
    return (await Promise.all(findings)).flat()
  },
}

export const feedSecretsLaw: FeedLaw = {
  name: 'secrets',
  says: 'no secret of the config reaches a log line or an error',
  meaning: 'tokens and passwords end up in log files, tickets and screens.',
  async check(world) {
    await using place = await world.place()
    const { source, options } = world
    const schema = source.config as z.core.$ZodType | undefined
    return shownSecrets(schema, configOf(source, options, place), await said(world, place))
  },
}

/** What reading a feed fails with while its system has a fault; undefined: it went on. */
async function failing(world: TestedFeed, place: OpenPlace, fault: Fault, log: Lines): Promise<unknown> {
  const { server } = place
  if (server === undefined) return undefined
  server.fault = fault
  try {
    await world.told(place, { log, clock: shortWaits() })
    return undefined
  } catch (error) {
    return thrown(error)
  } finally {
    server.fault = undefined
  }
}

/** Everything that the source says while its feed is read, and while that fails: through the log, the console, and in errors. */
async function said(world: TestedFeed, place: OpenPlace): Promise<readonly string[]> {
  const log = new Lines()
  const heard = listenToConsole(log.lines)
  const errors: unknown[] = []
  try {
    await world.told(place, { log, clock: shortWaits() })
    if (place.server !== undefined)
      for (const status of SECRET_FAULTS) errors.push(await failing(world, place, { status }, log))
  } catch (error) {
    errors.push(error)
  } finally {
    heard()
  }
  return [...log.lines, ...errors.map((error) => textOf(error))]
}

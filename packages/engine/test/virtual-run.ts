import { setImmediate as turn } from 'node:timers/promises'
import type { Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { onTestFinished } from 'vitest'
import { sync } from '../src/commands/sync.ts'
import type { RunEvent } from '../src/report/event.ts'
import type { Report } from '../src/report/report.ts'
import { at, Lines, openMemory } from './system.ts'
import { VirtualTime } from './virtual-time.ts'

/** A step takes some turns of the event loop, and none of the time. */
export const TURNS = 100

/** A time, an engine's clock that shows it, and a log. */
export function inVirtualTime() {
  const time = new VirtualTime()
  const clock = {
    now: () => at(1000) + BigInt(Math.round(time.now * 1000)),
    monotonic: time.monotonic,
    sleep: time.sleep,
    turn: () => turn(),
    random: () => 0.5,
  }
  return { time, clock, log: new Lines() }
}

export const usesOf = (sources: readonly Source[]) =>
  sources.map((source) => ({ name: source.name, source, config: {}, options: {} }))

export interface Ran {
  readonly time: VirtualTime
  /** Each with when it came. */
  readonly events: readonly (readonly [number, RunEvent])[]
  readonly report: Report
  readonly lines: readonly string[]
  readonly destination: Destination
}

/** A run in virtual time, into a destination of its own where none is given. */
export async function runAll(sources: readonly Source[], settings: object = {}, given?: Destination): Promise<Ran> {
  const destination = given ?? (await openMemory())
  if (given === undefined) onTestFinished(() => destination.close())
  const { time, clock, log } = inVirtualTime()
  const events: [number, RunEvent][] = []
  const onEvent = (event: RunEvent): void => void events.push([time.now, event])
  const report = await time.run(sync({ sources: usesOf(sources), destination, clock, log, settings, onEvent }), TURNS)
  return { time, report, events, lines: log.lines, destination }
}

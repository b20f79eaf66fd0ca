import { setTimeout as wait } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { Schedule, type ScheduleOptions } from '../src/schedule/schedule.ts'
import type { Due, Task } from '../src/schedule/task.ts'
import { systemClock } from '../src/time/clock.ts'
import { VirtualTime } from './virtual-time.ts'

type Given = ScheduleOptions & { readonly due?: readonly Due[] }

/** Runs a set of tasks that nothing is added to. */
function schedule(tasks: readonly Task[], { due, ...options }: Given): Promise<void> {
  const all = new Schedule(options)
  all.add(tasks, due)
  all.seal()
  return all.run()
}

interface Log {
  readonly order: string[]
  most: number
}

function taskOf(log: Log, name: string, more: Partial<Task> = {}, running = { now: 0 }): Task {
  return {
    source: 'a',
    partition: {},
    lane: 'backfill',
    to: 0n,
    run: async () => {
      log.order.push(name)
      running.now++
      log.most = Math.max(log.most, running.now)
      await wait(2)
      running.now--
      return undefined
    },
    ...more,
  }
}

const options = (more: object = {}): Given => ({
  concurrency: 4,
  perSource: 1,
  keepsFresh: 'run',
  monotonic: () => performance.now(),
  sleep: systemClock.sleep,
  mayStartHistory: () => true,
  signal: new AbortController().signal,
  abort: () => {},
  ...more,
})

describe('the schedule', () => {
  it('runs current before history, and the newest history first', async () => {
    const log: Log = { order: [], most: 0 }
    await schedule(
      [
        taskOf(log, 'old', { to: 1n }),
        taskOf(log, 'new', { to: 9n }),
        taskOf(log, 'current', { lane: 'current' }),
        taskOf(log, 'middle', { to: 5n }),
      ],
      options(),
    )
    expect(log.order).toEqual(['current', 'new', 'middle', 'old'])
  })

  it('bounds what runs at once, overall and in each source', async () => {
    const log: Log = { order: [], most: 0 }
    const running = { now: 0 }
    const tasks = Array.from({ length: 20 }, (_, at) => taskOf(log, String(at), { source: String(at % 5) }, running))
    await schedule(tasks, options({ concurrency: 3, perSource: 2 }))
    expect(log.order.length).toBe(20)
    expect(log.most).toBe(3)
    const single: Log = { order: [], most: 0 }
    const one = { now: 0 }
    await schedule(
      Array.from({ length: 6 }, (_, at) => taskOf(single, String(at), {}, one)),
      options({ perSource: 2 }),
    )
    expect(single.most).toBe(2)
  })

  it('never runs two steps of one partition at once that may read the same', async () => {
    const log: Log = { order: [], most: 0 }
    const partition = {}
    const running = { now: 0 }
    await schedule(
      Array.from({ length: 8 }, (_, at) => taskOf(log, String(at), { partition }, running)),
      options({ perSource: 4 }),
    )
    expect(log.most).toBe(1)
  })

  const range = (from: number, to: number) => ({ from: BigInt(from), to: BigInt(to) })

  it('runs steps of one partition side by side that read different windows', async () => {
    const log: Log = { order: [], most: 0 }
    const partition = {}
    const running = { now: 0 }
    await schedule(
      Array.from({ length: 8 }, (_, at) =>
        taskOf(log, String(at), { partition, to: BigInt(at), range: range(at, at + 1) }, running),
      ),
      options({ perSource: 3 }),
    )
    expect(log.most).toBe(3)
    expect(log.order.toSorted()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  })

  it('runs no step beside one that reads some of the same, and loses none', async () => {
    const overlaps: string[] = []
    const atWork = new Set<{ from: bigint; to: bigint }>()
    const partitions = [{}, {}]
    const windowed = partitions.flatMap((partition, which) =>
      Array.from({ length: 30 }, (_, at): Task => {
        const own = range(which * 1000 + at * 2 - (at % 3), which * 1000 + at * 2 + 2)
        return {
          source: 'a',
          partition,
          lane: at % 5 === 0 ? 'current' : 'backfill',
          to: own.to,
          range: own,
          run: async () => {
            for (const one of atWork)
              if (one.from < own.to && own.from < one.to) overlaps.push(`${one.from} ${own.from}`)
            atWork.add(own)
            await wait(1)
            atWork.delete(own)
            done++
            return undefined
          },
        }
      }),
    )
    let done = 0
    await schedule(windowed, options({ perSource: 8, concurrency: 8 }))
    expect(overlaps).toEqual([])
    expect(done).toBe(60)
  })

  it('bounds what of one table runs at once, over its partitions; other tables take the places', async () => {
    const one: Log = { order: [], most: 0 }
    const other: Log = { order: [], most: 0 }
    const table = {}
    const running = { now: 0 }
    const many = Array.from({ length: 40 }, (_, at) =>
      taskOf(one, String(at), { table, to: BigInt(at), range: range(at, at + 1) }, running),
    )
    const few = Array.from({ length: 10 }, (_, at) => taskOf(other, String(at), { table: {}, partition: {} }))
    await schedule([...many, ...few], options({ perSource: 4, perTable: 2 }))
    expect(one.most).toBe(2)
    expect([one.order.length, other.order.length]).toEqual([40, 10])
  })

  it('runs a current step that comes due between two history steps, and ends when no history is left', async () => {
    const log: Log = { order: [], most: 0 }
    const current: Task = taskOf(log, 'current', {
      lane: 'current',
      run: async () => {
        log.order.push('current')
        return { dueAt: performance.now() + 3, task: current }
      },
    })
    await schedule([current, ...[5, 4, 3, 2, 1].map((n) => taskOf(log, String(n), { to: BigInt(n) }))], options())
    expect(log.order[0]).toBe('current')
    expect(log.order.filter((name) => name === 'current').length).toBeGreaterThan(1)
    expect(log.order.filter((name) => name !== 'current')).toEqual(['5', '4', '3', '2', '1'])
    expect(log.order.at(-1)).toBe('1')
  })

  it('stays current in one source while a long history step is at work in another', async () => {
    const log: Log = { order: [], most: 0 }
    const current: Task = taskOf(log, 'current', {
      lane: 'current',
      run: async () => {
        log.order.push('current')
        return { dueAt: performance.now() + 5, task: current }
      },
    })
    const long = taskOf(log, 'long', {
      source: 'b',
      run: async () => {
        await wait(60)
        log.order.push('long')
        return undefined
      },
    })
    await schedule([current, long], options())
    expect(log.order.filter((name) => name === 'current').length).toBeGreaterThan(3)
    expect(log.order.at(-1)).toBe('long')
  })

  it('past the budget begins no history, but everything current', async () => {
    const log: Log = { order: [], most: 0 }
    await schedule(
      [taskOf(log, 'backfill'), taskOf(log, 'current', { lane: 'current' })],
      options({ mayStartHistory: () => false }),
    )
    expect(log.order).toEqual(['current'])
  })

  it('a source that waits does not hold up another', async () => {
    const log: Log = { order: [], most: 0 }
    const slow = taskOf(log, 'slow', {
      run: async () => {
        await wait(40)
        log.order.push('slow')
        return undefined
      },
    })
    await schedule([slow, ...Array.from({ length: 5 }, (_, at) => taskOf(log, String(at), { source: 'b' }))], options())
    expect(log.order).toEqual(['0', '1', '2', '3', '4', 'slow'])
  })

  it('waits for what is at work when a task throws, then throws the same', async () => {
    const log: Log = { order: [], most: 0 }
    const bad = taskOf(log, 'bad', { source: 'b', run: () => Promise.reject(new Error('broken')) })
    await expect(schedule([taskOf(log, 'good'), bad], options())).rejects.toThrow('broken')
    expect(log.order).toEqual(['good'])
  })
})

describe('what comes due while history goes on', () => {
  let time: VirtualTime
  let log: string[]
  beforeEach(() => {
    time = new VirtualTime()
    log = []
  })

  const timed = (more: object = {}) => options({ perSource: 2, monotonic: time.monotonic, sleep: time.sleep, ...more })
  const current = (name: string, more: Partial<Task> & { readonly every: number; readonly ms?: number }): Task => {
    const { every, ms = 0, ...rest } = more
    const task: Task = {
      source: 'a',
      partition: {},
      lane: 'current',
      to: undefined,
      run: async () => {
        log.push(`${name}@${time.now}`)
        if (ms > 0) await time.sleep(ms)
        return { dueAt: time.now + every, task }
      },
      ...rest,
    }
    return task
  }
  const backfill = (name: string, ms: number, more: Partial<Task> = {}): Task => ({
    source: 'a',
    partition: {},
    lane: 'backfill',
    to: 0n,
    run: async () => {
      log.push(`${name}@${time.now}`)
      await time.sleep(ms)
      return undefined
    },
    ...more,
  })

  it('is not held up by what is due in a partition that is busy', async () => {
    const partition = {}
    const tasks = [
      current('A', { partition, every: 10 }),
      current('B', { every: 20 }),
      backfill('long', 70, { partition, to: 1n }),
    ]
    await time.run(schedule(tasks, timed()))
    expect(log).toEqual(['A@0', 'B@0', 'long@0', 'B@20', 'B@40', 'B@60'])
  })

  it('wakes nobody up while nothing can start', async () => {
    const partition = {}
    const tasks = [current('current', { partition, every: 5 }), backfill('long', 2000, { partition })]
    await time.run(schedule(tasks, timed()))
    expect(log).toEqual(['current@0', 'long@0'])
    expect(time.timers).toBe(0)
  })

  it('keeps one timer for many steps', async () => {
    const partition = {}
    const steps = Array.from({ length: 1000 }, (_, at) => backfill(String(at), 1, { partition }))
    await time.run(schedule([current('current', { every: 600 }), ...steps], timed()))
    expect(log.filter((one) => one.startsWith('current'))).toEqual(['current@0', 'current@600'])
    expect(time.timers).toBe(2)
  })

  it('sleeps on when it is woken too early', async () => {
    const sleep = (ms: number, signal: AbortSignal) => time.sleep(Math.min(ms, 30), signal)
    await time.run(schedule([current('current', { every: 80 }), backfill('long', 100)], timed({ sleep })))
    expect(log).toEqual(['current@0', 'long@0', 'current@80'])
    expect(time.timers).toBe(4)
  })

  it('takes turns with history where it is always due', async () => {
    const steps = ['1', '2', '3'].map((name) => backfill(name, 1, { to: BigInt(name) }))
    await time.run(schedule([current('current', { every: 0, ms: 5 }), ...steps], timed({ perSource: 1 })))
    expect(log.map((one) => one.split('@')[0])).toEqual(['current', 'current', '3', 'current', '2', 'current', '1'])
  })

  it('takes turns with the history of its own partition', async () => {
    const partition = {}
    const steps = ['1', '2'].map((name) => backfill(name, 1, { partition, to: BigInt(name) }))
    await time.run(schedule([current('current', { partition, every: 0, ms: 5 }), ...steps], timed()))
    expect(log.map((one) => one.split('@')[0])).toEqual(['current', 'current', '2', 'current', '1'])
  })

  it('does not starve the history of another source', async () => {
    const tasks = [current('current', { every: 0, ms: 5 }), backfill('other', 1, { source: 'b' })]
    await time.run(schedule(tasks, timed({ concurrency: 1 })))
    expect(log).toEqual(['current@0', 'other@5'])
  })

  it('can be known from the start, also of a source without a step', async () => {
    const due = [
      { dueAt: 30, task: current('A', { every: 50, source: 'b' }) },
      { dueAt: 10, task: current('B', { every: 50, source: 'b' }) },
    ]
    await time.run(schedule([backfill('long', 70)], timed({ due })))
    expect(log).toEqual(['long@0', 'B@10', 'A@30', 'B@60'])
  })

  it('never begins where there is no history', async () => {
    await time.run(
      schedule([current('current', { every: 1 })], timed({ due: [{ dueAt: 0, task: current('due', { every: 1 }) }] })),
    )
    expect(log).toEqual(['current@0'])
  })

  it('comes to an end with a hundred thousand partitions, and as many windows of one', async () => {
    const due = Array.from({ length: 100_000 }, (_, at) => ({ dueAt: at % 7, task: current('due', { every: 1e6 }) }))
    const partition = {}
    const quick = { ...backfill('window', 0, { partition }), run: () => Promise.resolve(undefined) }
    const windows = Array.from({ length: 100_000 }, (_, at) => ({ ...quick, to: BigInt(at) }))
    await time.run(schedule([backfill('long', 10, { source: 'b' }), ...windows], timed({ due })))
    expect(log.length).toBe(100_001)
  })
})

it('stops what hangs when a task throws', async () => {
  const stop = new AbortController()
  const hangs: Task = {
    source: 'a',
    partition: {},
    lane: 'current',
    to: undefined,
    run: () => new Promise((_, reject) => stop.signal.addEventListener('abort', () => reject(stop.signal.reason))),
  }
  const throws: Task = { ...hangs, source: 'b', partition: {}, run: () => Promise.reject(new Error('broken')) }
  const { signal } = stop
  const time = new VirtualTime()
  const { monotonic, sleep } = time
  const abort = (reason: unknown): void => stop.abort(reason)
  const work = schedule([hangs, throws], options({ monotonic, sleep, signal, abort }))
  await expect(time.run(work)).rejects.toThrow('broken')
})

it('a stop in the middle lets the event loop turn, though current steps are due and history is left', async () => {
  const stop = new AbortController()
  const partition = {}
  const due: Task = {
    source: 'a',
    partition,
    lane: 'current',
    to: undefined,
    run: async () => ({ dueAt: 0, task: due }),
  }
  // It ends only when timers have their turn, as a step does that waits for I/O.
  const step: Task = { source: 'b', partition: {}, lane: 'backfill', to: 1n, run: () => wait(20).then(() => undefined) }
  const done = schedule([due, step, { ...step, to: 2n }], options({ signal: stop.signal }))
  stop.abort(new Error('stopped'))
  await done
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { STATE_VERSION } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { open, prepare, shapeOf, things } from './place.ts'
import { onPostgres, type Place, sessionsOf, until } from './postgres-place.ts'

const newPlace = onPostgres()
const childRow = z.object({ id: z.int(), part: z.int() })
const two = { id: 'two', host: 'other-host', pid: 2, startedAt: 1n }

interface Child {
  readonly process: ChildProcess
  readonly lines: string[]
  line(start: string): Promise<string>
  readonly ended: Promise<unknown>
}

/** `node child.ts`, which says on stdout how far it is. */
function start(url: string, what: string, name = 'things'): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), url, what, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  const ended = once(child, 'close')
  let over = false
  void ended.then(() => {
    over = true
  })
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line))
  return {
    process: child,
    lines,
    ended,
    line: (start) =>
      until(async () => {
        const found = lines.find((line) => line.startsWith(start))
        if (found === undefined && over) throw new Error(`it ended without "${start}": ${lines.join(' | ')}`)
        return found
      }),
  }
}

const counts = async ({ rows }: Place) =>
  (
    await rows(
      'select (select count(*)::int from things) as things, (select count(*)::int from _tidemark_coverage) as covered',
    )
  )[0]

/** Holds a row of the child's back, so that it is stopped in the middle of its load. */
async function hold(place: Place): Promise<{ waiting(): Promise<unknown>; letGo(): Promise<unknown> }> {
  await place.rows('select pg_advisory_lock(4711)')
  await place.rows(`create function wait() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(4711); return new; end $$`)
  await place.rows('create trigger wait before insert on things for each row execute function wait()')
  return {
    waiting: () =>
      until(
        async () =>
          (
            await place.rows(
              "select pid from pg_stat_activity where application_name like 'tidemark things%' and wait_event = 'advisory'",
            )
          )[0],
      ),
    letGo: () => place.rows('select pg_advisory_unlock(4711)'),
  }
}

describe('processes', () => {
  it('that open a new database together make its state once', async () => {
    const place = await newPlace()
    const children = Array.from({ length: 4 }, () => start(place.url, 'open'))
    await Promise.all(children.map((child) => child.line('done')))
    expect(await place.rows('select version::int from _tidemark_meta')).toEqual([{ version: STATE_VERSION }])
  })

  it('that write different tables do not wait for each other, and none is turned away', async () => {
    const place = await newPlace()
    const children = ['a', 'b', 'c'].map((name) => start(place.url, 'write', name))
    await Promise.all(children.map(({ ended }) => ended))
    for (const { lines } of children) expect(lines.filter((line) => line.startsWith('failed'))).toEqual([])
    for (const name of ['a', 'b', 'c'])
      expect(await place.rows(`select count(*)::int as n from ${name}`)).toEqual([{ n: 6000 }])
  })

  it('that want the same table at the same time share nothing: one has it', async () => {
    const place = await newPlace()
    const all = await Promise.all([1, 2, 3, 4].map((n) => open(place.url, { runner: { ...two, id: `r${n}`, pid: n } })))
    for (let round = 0; round < 10; round++) {
      const taken = await Promise.all(all.map((one) => one.lease([`t${round}`, 'shared'])))
      for (const table of [`t${round}`, 'shared']) {
        const holders = taken.filter(({ leases }) => leases.some((lease) => lease.table === table))
        expect(holders).toHaveLength(1)
        const others = taken.flatMap(({ refused }) => refused.filter((one) => one.table === table))
        expect(others).toHaveLength(3)
      }
      await Promise.all(taken.map(({ leases }, at) => all[at]!.release(leases)))
    }
  })

  it('stopped between two transactions are fenced when they wake', async () => {
    const place = await newPlace()
    const zombie = start(place.url, 'zombie')
    await zombie.line('ready')
    zombie.process.kill('SIGSTOP')
    await new Promise((done) => setTimeout(done, 400))
    const destination = await open(place.url, { runner: two })
    expect((await destination.lease(['things'])).leases).toHaveLength(1)
    zombie.process.kill('SIGCONT')
    zombie.process.stdin!.write('go\n')
    expect(await zombie.line('failed')).toContain('failed fenced')
    expect(await counts(place)).toEqual({ things: 0, covered: 0 })
  })

  it('stopped inside a transaction are taken over, and wake up without effect', async () => {
    const place = await newPlace()
    const zombie = start(place.url, 'zombie')
    await zombie.line('ready')
    const { waiting, letGo } = await hold(place)
    zombie.process.stdin!.write('go\n')
    await waiting()
    zombie.process.kill('SIGSTOP')
    // The server goes on with what it has, and then waits for a client that says nothing.
    await letGo()
    await place.rows('drop trigger wait on things').catch(() => {})
    await new Promise((done) => setTimeout(done, 400))
    const destination = await open(place.url, { runner: two, busyMs: 20_000 })
    expect((await destination.lease(['things'])).leases).toHaveLength(1)
    const { write } = await prepare(destination, leasedShape())
    await write([{ id: 7, part: 7 }], {}, { kind: 'incremental' })
    zombie.process.kill('SIGCONT')
    expect(await zombie.line('failed')).toContain('failed fenced')
    expect(await counts(place)).toEqual({ things: 1, covered: 0 })
  })

  it('stopped inside COPY are taken over, and wake up without effect', async () => {
    const place = await newPlace()
    const zombie = start(place.url, 'zombie')
    await zombie.line('ready')
    const { waiting, letGo } = await hold(place)
    zombie.process.stdin!.write('go\n')
    await waiting()
    zombie.process.kill('SIGSTOP')
    await new Promise((done) => setTimeout(done, 400))
    const destination = await open(place.url, { runner: two, busyMs: 20_000 })
    // Its session still is in COPY, and holds the lease's row: only its end frees it.
    expect((await destination.lease(['things'])).leases).toHaveLength(1)
    expect(await sessionsOf(place, 'x', "or application_name like 'tidemark things%'")).toEqual([])
    await letGo()
    await place.rows('drop trigger wait on things')
    const { write } = await prepare(destination, leasedShape())
    await write([{ id: 7, part: 7 }], {}, { kind: 'incremental' })
    zombie.process.kill('SIGCONT')
    expect(await zombie.line('failed')).toContain('failed fenced')
    expect(await counts(place)).toEqual({ things: 1, covered: 0 })
  })

  it('killed at any moment leave parts whole or not at all', async () => {
    const place = await newPlace()
    const one = async (text: string) => Number(Object.values((await place.rows(text))[0]!)[0])
    for (let kill = 0; kill < 8; kill++) {
      const child = start(place.url, 'crash')
      await child.line(`part ${1 + (kill % 3)}`)
      await new Promise((done) => setTimeout(done, Math.random() * 25))
      child.process.kill('SIGKILL')
      await child.ended
      // The server notices that the client is gone when it next reads from it.
      await until(async () => (await sessionsOf(place, 'x', "or application_name like 'tidemark child%'")).length === 0)
      const said = child.lines.filter((line) => line.startsWith('part')).length
      const run = await one('select max(run) from _tidemark_runs')
      expect(
        await one('select count(*) from (select part from things group by part having count(*) <> 300) as x'),
      ).toBe(0)
      const parts = await one('select count(distinct part) from things')
      expect(await one('select sum(rows_written) from _tidemark_steps')).toBe(parts * 300)
      expect(await one('select count(*) from _tidemark_rejects')).toBe(parts)
      expect(await one('select sum(to_position - from_position) from _tidemark_coverage')).toBe(parts * 300)
      const kept = await one(`select count(*) from _tidemark_steps where run = ${run}`)
      expect(kept === said || kept === said + 1).toBe(true)
    }
  })
})

describe('what a runner left behind', () => {
  it('goes when its lease is taken: staging tables of that lease, and of no other', async () => {
    const place = await newPlace()
    const left = await open(place.url, { leaseMs: 1 })
    for (const name of ['a', 'b']) {
      const { write } = await prepare(left, shapeOf(undefined, { name, table: name }))
      await write(things(5), { staging: 'fill', completes: undefined })
    }
    const staging = () =>
      place.rows<{ name: string }>(
        "select relname as name from pg_class where relname like '\\_tidemark\\_staging%' and relnamespace = to_regnamespace($1)",
        [place.schema],
      )
    expect(await staging()).toHaveLength(2)
    await new Promise((done) => setTimeout(done, 20))
    const destination = await open(place.url, { runner: two })
    const { leases } = await destination.lease(['a'])
    expect(leases).toHaveLength(1)
    const [kept, ...more] = await staging()
    expect(more).toEqual([])
    const [other] = await place.rows<{ id: string }>("select id from _tidemark_leases where name = 'b'")
    expect(kept!.name).toContain(`_${other!.id}_`)
    expect(await place.rows('select count(*)::int as n from a')).toEqual([{ n: 0 }])
  })
})

function leasedShape() {
  return shapeOf(childRow, { cursor: { column: 'id', type: 'integer', precision: undefined } })
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { STATE_VERSION } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDestination } from '../src/index.ts'
import { byHand, folder, open, runner } from './place.ts'

interface Child {
  readonly process: ChildProcess
  readonly lines: string[]
  /** Waits for a line that starts so. */
  line(start: string): Promise<string>
  readonly ended: Promise<unknown>
}

function start(path: string, what: string, name = 'child'): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), path, what, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  const waiting = new Set<(line: string) => void>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line)
    for (const wake of waiting) wake(line)
  })
  return {
    process: child,
    lines,
    ended: once(child, 'close'),
    line: (start) =>
      new Promise((found, gone) => {
        const known = lines.find((line) => line.startsWith(start))
        if (known !== undefined) return found(known)
        waiting.add((line) => line.startsWith(start) && found(line))
        child.once('close', () => gone(new Error(`the process ended without "${start}": ${lines.join(' | ')}`)))
      }),
  }
}

describe('processes', () => {
  it('that open a new file together make its state once', async () => {
    const path = join(folder(), 'x.db')
    const children = Array.from({ length: 4 }, () => start(path, 'open'))
    await Promise.all(children.map((child) => child.line('done')))
    expect(byHand(path).prepare('select count(*) as n, max(version) as version from _tidemark_meta').get()).toEqual({
      n: 1,
      version: STATE_VERSION,
    })
  })

  it('that write different tables wait for each other, and none is turned away', async () => {
    const path = join(folder(), 'x.db')
    const children = ['a', 'b', 'c'].map((name) => start(path, 'write', name))
    await Promise.all(children.map(({ ended }) => ended))
    for (const { lines } of children) expect(lines.filter((line) => line.startsWith('failed'))).toEqual([])
    const hand = byHand(path)
    for (const name of ['a', 'b', 'c'])
      expect(hand.prepare(`select count(*) as n from ${name}`).get()).toEqual({ n: 6_000 })
    expect(hand.prepare('select sum(commits) as n from _tidemark_leases').get()).toEqual({ n: 3 * 21 })
  })

  it('stopped for longer than their lease lasts are fenced when they wake', async () => {
    const path = join(folder(), 'x.db')
    const zombie = start(path, 'zombie', 'things')
    await zombie.line('ready')
    zombie.process.kill('SIGSTOP')
    await new Promise((done) => setTimeout(done, 400))
    const destination = await open(path)
    expect((await destination.lease(['things'])).leases).toHaveLength(1)
    zombie.process.kill('SIGCONT')
    zombie.process.stdin!.write('go\n')
    expect(await zombie.line('failed')).toContain('failed fenced')
    expect((await destination.query('select count(*) from things')).rows).toEqual([[0]])
    expect((await destination.query('select count(*) from _tidemark_coverage')).rows).toEqual([[0]])
  })

  it('killed at any moment leave parts whole or not at all', async () => {
    // Two files at a time, because a process spends most of its life starting.
    await Promise.all([folder(), folder()].map((place) => killAgainAndAgain(join(place, 'x.db'), 10)))
  })

  it('killed while a thread copies a long log, too', async () => {
    // The thread starts at 16 MB, which are six parts.
    await killAgainAndAgain(join(folder(), 'x.db'), 8, 'wide crash', (kill) => 8 + 3 * kill)
  })
})

/** Kills one process after another that writes the same file, and looks at what each has left. */
async function killAgainAndAgain(
  path: string,
  times: number,
  what = 'crash',
  partsBefore = (kill: number) => 1 + (kill % 3),
): Promise<void> {
  for (let kill = 0; kill < times; kill++) {
    const child = start(path, what)
    await child.line(`part ${partsBefore(kill)}`)
    await new Promise((done) => setTimeout(done, Math.random() * 25))
    child.process.kill('SIGKILL')
    await child.ended
    const said = child.lines.filter((line) => line.startsWith('part')).length
    const hand = byHand(path)
    const one = (text: string) => Number(Object.values(hand.prepare(text).get()!)[0])
    const run = one('select max(run) from _tidemark_runs')
    expect(one('select count(*) from (select part from things group by part having count(*) <> 300)')).toBe(0)
    const parts = one('select count(distinct part) from things')
    expect(one('select sum(rows_written) from _tidemark_steps')).toBe(parts * 300)
    expect(one('select count(*) from _tidemark_rejects')).toBe(parts)
    expect(one('select sum(to_position - from_position) from _tidemark_coverage')).toBe(parts * 300)
    // What was said to be committed is there; one part more may be.
    const kept = one(`select count(*) from _tidemark_steps where run = ${run}`)
    expect(kept === said || kept === said + 1).toBe(true)
    expect(hand.prepare('pragma quick_check').get()).toEqual({ quick_check: 'ok' })
    hand.close()
  }
  const destination = await openDestination({ url: path, runner, isAlive: () => false })
  expect((await destination.lease(['things'])).leases).toHaveLength(1)
  const { rows } = await destination.query(
    "select count(*) from tidemark_runs where state = 'crashed' and error like '%stopped%'",
  )
  expect(rows).toEqual([[times]])
  await destination.close()
}

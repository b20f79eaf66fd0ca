import type { RunChange } from '@tidemark/core/engine'
import { expect, it } from 'vitest'
import { type LogRecord, pretty } from '../src/log.ts'
import { RunLogWriter } from '../src/run-log/run-log-writer.ts'

type Logged = Extract<RunChange, { kind: 'logged' }>

function writer() {
  const stored = new Map<number, string>()
  let from = 1
  let fails = false
  const destination = {
    async recordRun(_: number, [change]: readonly RunChange[]) {
      if (fails) throw new Error('the database is away')
      const { lines, from: first } = change as Logged
      for (const { line, message } of lines) stored.set(line, message)
      for (const line of stored.keys()) if (line < first) stored.delete(line)
      from = first
    },
  }
  return { log: new RunLogWriter(destination, 7), stored, from: () => from, fail: (now: boolean) => (fails = now) }
}

const record = (msg: string, more: Partial<LogRecord> = {}): LogRecord => ({
  ...{ level: 'info', time: '2026-11-30T00:00:00.000Z', event: 'message', msg },
  ...more,
})

it('keeps the newest 2,000 lines', async () => {
  const { log, stored, from } = writer()
  for (let line = 1; line <= 2500; line++) log.add(record(`line ${line}`))
  await log.end()
  expect([from(), stored.size, stored.get(501), stored.get(2500)]).toEqual([501, 2000, 'line 501', 'line 2500'])
})

it('keeps the newest megabyte, and cuts a line that is too long', async () => {
  const { log, stored } = writer()
  log.add(record(`${'x'.repeat(5000)}`))
  for (let line = 0; line < 900; line++) log.add(record('é'.repeat(1900)))
  await log.end()
  const bytes = [...stored.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  expect(bytes).toBeGreaterThan(900_000)
  expect(bytes).toBeLessThanOrEqual(1_000_000)
  const { log: other, stored: one } = writer()
  other.add(record('x'.repeat(5000)))
  await other.end()
  expect(one.get(1)).toBe(`${'x'.repeat(1999)}…`)
})

it('stores nothing of a run that only began and ended', async () => {
  const { log, stored } = writer()
  log.add(record('run 7 started', { event: 'run-started' }))
  log.add(record('run 7: nothing', { event: 'run-ended' }))
  await log.end()
  expect(stored.size).toBe(0)
  const { log: failed, stored: some } = writer()
  failed.add(record('run 7 started', { event: 'run-started' }))
  failed.add(record('run 7: all failed', { event: 'run-ended', level: 'error' }))
  await failed.end()
  expect(some.size).toBe(2)
})

it('stores what is said while it runs within a second, and after a database that was away', async () => {
  const { log, stored, fail } = writer()
  const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
  log.add(record('first'))
  await wait(400)
  expect(stored.size).toBe(1)
  fail(true)
  log.add(record('second'))
  await wait(1500)
  expect(stored.size).toBe(1)
  fail(false)
  await log.end()
  expect([...stored.values()]).toEqual(['first', 'second'])
})

it('keeps a line with the run in whose work it was logged, and with no other', async () => {
  const [one, two] = [writer(), writer()]
  const say = async (text: string): Promise<void> => {
    await new Promise((done) => setTimeout(done, 5))
    RunLogWriter.keep(record(text))
  }
  await Promise.all([one.log.within(() => say('a')), two.log.within(() => say('b')), say('nobody’s')])
  await Promise.all([one.log.end(), two.log.end()])
  expect([...one.stored.values()]).toEqual(['a'])
  expect([...two.stored.values()]).toEqual(['b'])
})

it('stores no text that a database refuses', async () => {
  const { log, stored } = writer()
  log.add(record('nul \0 half \ud83d end'))
  await log.end()
  expect(stored.get(1)).toBe('nul \ufffd half \ufffd end')
})

it('says nothing twice to people, and how to fix what failed in words', () => {
  const ended = record('run 7: 1 table, 1 row written', { event: 'run-ended' })
  expect(pretty({ ...ended, run: 7, exit_code: 0, duration_ms: 9, tables: 1, failed: 0 }, false)).toBe(ended.msg)
  const fix = { what: 'correct the config', when: 'then', command: 'npx tidemark sync shop', see: 'errors.md#closed' }
  const failed = record('the shop is closed', { event: 'table-failed', level: 'error' })
  expect(pretty({ ...failed, table: 'shop_days', code: 'closed', remedy: 'fix-config', fix }, false)).toBe(
    'error: the shop is closed (correct the config; then: npx tidemark sync shop; see errors.md#closed)',
  )
  const retried = record('no answer; trying again in 2 s', { event: 'source-message', source: 'shop' })
  expect(pretty({ ...retried, attempt: 2, delay_ms: 1332 }, false)).toBe(
    'shop: no answer; trying again in 2 s (attempt 2)',
  )
})

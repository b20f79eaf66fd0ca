import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openDestination } from '@tidemark/destination'
import { sync } from '@tidemark/engine'
import { expect, it, onTestFinished } from 'vitest'
import { crashSource } from '../src/crash/crash-source.ts'
import { Checker, runQuietly } from '../src/crash-harness.ts'

const runner = { id: 'full', host: 'full', pid: 1, startedAt: 0n }

/** Runs with a file that may not grow beyond so many pages. */
async function runInto(url: string, pages: number) {
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (text) {
    exec.call(this, text)
    if (text.includes('synchronous')) exec.call(this, `pragma max_page_count = ${pages}`)
  }
  try {
    const destination = await openDestination({ url, runner })
    const sources = [{ name: 'crash', source: crashSource({ until: 400, pageMs: 0 }), config: {}, options: {} }]
    const settings = { batch: { rows: 100, bytes: 1e7 }, rejectLimit: { share: 0.5, above: 100 } }
    return await sync({ sources, destination, settings }).finally(() => destination.close())
  } finally {
    DatabaseSync.prototype.exec = exec
  }
}

it('a disk that is full ends the run with the exit code of the destination, its path and its room; nothing is torn', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-full-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const url = join(folder, 'x.db')
  const checker = new Checker(() => openDestination({ url, runner }))
  const codes: number[] = []
  for (const pages of [50, 70, 90]) {
    const report = await runInto(url, pages)
    codes.push(report.exitCode)
    expect(report.failure?.message).toContain(`the database ${url} cannot be written`)
    expect(report.failure?.message).toMatch(/\d+ MB are free there; free some space and run again/)
    expect(await checker.check(400)).toEqual([])
  }
  expect(codes).toEqual([6, 6, 6])
  expect(await runQuietly({ url, until: 400, pageMs: 0 })).toEqual([])
  expect(await checker.check(400)).toEqual([])
})

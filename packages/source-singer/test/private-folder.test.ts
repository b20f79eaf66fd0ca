import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { PrivateFolder } from '../src/private-folder.ts'

it('is readable for its owner alone, and gone afterwards', async () => {
  const folder = await PrivateFolder.make()
  const file = await folder.write('config.json', '{}')
  expect([folder.path, file].map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(['700', '600'])
  await folder[Symbol.asyncDispose]()
  expect(existsSync(folder.path)).toBe(false)
})

it('takes away what a process left that is gone, and nothing of one that runs or of another host', async () => {
  const host = hostname().replace(/[^\w.]/g, '_')
  const place = (name: string): string => {
    const path = join(tmpdir(), `tidemark-singer-${name}`)
    mkdirSync(path)
    return path
  }
  // No process has such a number.
  const gone = place(`${host}-2147483646-gone00`)
  const running = place(`${host}-${process.ppid}-runs00`)
  const elsewhere = place(`elsewhere-2147483646-gone00`)
  const folder = await PrivateFolder.make()
  onTestFinished(() => {
    for (const path of [gone, running, elsewhere, folder.path]) rmSync(path, { recursive: true, force: true })
  })
  expect(basename(folder.path)).toContain(`${host}-${process.pid}-`)
  expect([gone, running, elsewhere].map((path) => existsSync(path))).toEqual([false, true, true])
})

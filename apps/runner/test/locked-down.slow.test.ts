import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type TestProject, testProject } from './test-project.ts'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const canUnshare = spawnSync('unshare', ['-m', 'true']).status === 0

/** More than SQLite keeps in memory of a table that is read whole. */
const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'big' })
export default register(source.with([source.table({
  name: 't', row: z.object({ id: z.int(), text: z.string() }), primaryKey: ['id'],
  async *read() { for (let at = 0; at < 60_000; at += 5000) yield Array.from({ length: 5000 }, (_, n) => ({ id: at + n, text: 'x'.repeat(400) })) },
})]))`

/** Runs it as systemd does with ProtectSystem=strict and ReadWritePaths=<project>/data, without PrivateTmp. */
function strict({ folder }: TestProject, args: readonly string[], environment: Record<string, string> = {}) {
  const script =
    'mount --bind "$1" "$1" && mount -o remount,bind,ro / && for at in /tmp /var/tmp; do mount --bind $at $at; mount -o remount,bind,ro $at; done; mount --bind "$1" "$1" && mount -o remount,bind,rw "$1"; shift; exec "$@"'
  const data = join(folder, 'data')
  return spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', data, process.execPath, main, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment },
    encoding: 'utf8',
  })
}

describe.runIf(canUnshare)('a service that may write its data folder alone', () => {
  it('reads a table whole, compares it, and is asked', () => {
    const project = testProject()
    project.install('big', SOURCE)
    mkdirSync(join(project.folder, 'data'), { mode: 0o700 })
    const first = strict(project, ['sync', '--json'])
    expect(first.stderr).not.toMatch(/disk I\/O error/)
    expect(JSON.parse(first.stdout)).toMatchObject({ exit_code: 0, tables: [{ rows: { written: 60_000 } }] })
    expect(strict(project, ['sync']).status).toBe(0)
    expect(strict(project, ['verify', 'big_t']).stdout).toContain('It matches its source.')
    const sorted = strict(project, [
      'query',
      '--json',
      'select count(*) as n from (select text, id from big_t order by text, id desc)',
    ])
    expect(JSON.parse(sorted.stdout).rows).toEqual([{ n: 60_000 }])
    expect(readdirSync(join(project.folder, 'data')).filter((one) => !one.startsWith('tidemark.db'))).toEqual([])
  })

  it('says which folders cannot be written where that is what is wrong', () => {
    const project = testProject()
    project.install('big', SOURCE)
    mkdirSync(join(project.folder, 'data'))
    const { status, stdout } = strict(project, ['sync', '--json'], { SQLITE_TMPDIR: '/nonexistent' })
    const { tables } = JSON.parse(stdout)
    expect(status).toBe(6)
    const message = JSON.stringify([tables, stdout])
    expect(message).toMatch(
      /this user cannot write to any folder for its temporary files: it tried \/nonexistent, \/var\/tmp, \/usr\/tmp, \/tmp; allow it to write to \S+\/data/,
    )
    expect(message).not.toMatch(/free some space/)
  })
})

describe('whatever the umask', () => {
  it('what is written is its owner’s', async () => {
    const project = testProject()
    project.install('big', SOURCE)
    const before = process.umask(0)
    try {
      await project.run(['sync'])
      await project.run(['state', 'export', 'state.json'])
    } finally {
      process.umask(before)
    }
    const mode = (path: string): number => statSync(join(project.folder, path)).mode & 0o777
    expect(mode('data')).toBe(0o700)
    for (const file of readdirSync(join(project.folder, 'data'))) expect(mode(`data/${file}`), file).toBe(0o600)
    expect(mode('state.json')).toBe(0o600)
  })

  it('an export takes the place of a file that others may read, and writes through no link', async () => {
    const project = testProject()
    project.install('big', SOURCE)
    await project.run(['sync'])
    writeFileSync(join(project.folder, 'state.json'), '')
    chmodSync(join(project.folder, 'state.json'), 0o644)
    symlinkSync(join(project.folder, 'theirs'), join(project.folder, 'state.json.new'))
    expect((await project.run(['state', 'export', 'state.json'])).code).toBe(0)
    expect(statSync(join(project.folder, 'state.json')).mode & 0o777).toBe(0o600)
    expect(existsSync(join(project.folder, 'theirs'))).toBe(false)
  })

  it('a database that others may read or replace is said, each time it is written', async () => {
    const project = testProject()
    project.install('big', SOURCE)
    await project.run(['sync'])
    expect((await project.run(['sync'])).stderr).not.toMatch(/every user of this machine/)
    chmodSync(join(project.folder, 'data/tidemark.db'), 0o644)
    chmodSync(join(project.folder, 'data'), 0o777)
    const { stderr } = await project.run(['sync', '--log', 'pretty'])
    expect(stderr).toMatch(
      /warning: every user of this machine may read the database; restrict it to your user: chmod 600 \S+\/data\/tidemark\.db/,
    )
    expect(stderr).toMatch(
      /warning: every user of this machine may replace the database with another file; .* chmod 700 \S+\/data/,
    )
  })
})

import { chmodSync, existsSync, mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { exposureOf, placeOf } from '../src/index.ts'
import { folder, open, prepare, things } from './place.ts'

const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('a database is its owner’s', () => {
  it('whatever the umask: file, companions and the folders that are made for it', async () => {
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    const path = join(folder(), 'data', 'deeper', 'x.db')
    const { write } = await prepare(await open(path))
    await write(things(1))
    for (const end of ['', '-wal', '-shm']) expect(modeOf(path + end), end).toBe(0o600)
    expect(modeOf(join(path, '..'))).toBe(0o700)
    expect(modeOf(join(path, '../..'))).toBe(0o700)
    expect(exposureOf(placeOf(path))).toEqual([])
  })

  it.each(['/proc/none/x.db', '/dev/null/x.db'])('or an error where no folder can be made: %s', async (path) => {
    await expect(open(path)).rejects.toThrow(`the database ${path} cannot be created (`)
  })

  it('also where somebody has made an empty file for it', async () => {
    const path = join(folder(), 'x.db')
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    const { write } = await prepare(await open(path))
    await write(things(1))
    for (const end of ['', '-wal', '-shm']) expect(modeOf(path + end), end).toBe(0o600)
  })

  it('or it is said what others may do, with the command that keeps them out', async () => {
    const path = join(folder(), "it's.db")
    await (await open(path)).close()
    expect(exposureOf(placeOf(path))).toEqual([])
    chmodSync(path, 0o644)
    expect(exposureOf(placeOf(path))).toEqual([
      `every user of this machine may read the database; restrict it to your user: chmod 600 "${path}"`,
    ])
    chmodSync(path, 0o666)
    expect(exposureOf(placeOf(path))).toEqual([expect.stringMatching(/may change the database/)])
    // A group that was chosen is nobody's concern.
    chmodSync(path, 0o660)
    expect(exposureOf(placeOf(path))).toEqual([])
  })

  it('or that they may put another one in its place', () => {
    const data = join(folder(), 'data')
    mkdirSync(data)
    chmodSync(data, 0o777)
    expect(exposureOf(placeOf(join(data, 'x.db')))).toEqual([
      `every user of this machine may replace the database with another file; restrict its folder to your user: chmod 700 ${data}`,
    ])
    chmodSync(data, 0o1777)
    expect(exposureOf(placeOf(join(data, 'x.db')))).toEqual([])
  })
})

it.runIf(process.platform === 'linux' && existsSync('/proc/self/fd'))(
  'temporary data is beside the database',
  async () => {
    const path = join(folder(), 'x.db')
    // Said by the first database of the process.
    const place = process.env['SQLITE_TMPDIR']
    const { destination, write } = await prepare(await open(path))
    if (place === undefined) expect(process.env['SQLITE_TMPDIR']).toBe(join(path, '..'))
    await write(things(20_000), {}, { kind: 'full_refresh' })
    const temporary = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)].filter((file) => /etilqs/.test(file))
      } catch {
        return []
      }
    })
    for (const file of temporary) expect(file).not.toMatch(/^\/(?:var|usr)\/tmp/)
    await destination.close()
  },
)

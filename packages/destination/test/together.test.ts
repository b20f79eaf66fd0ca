import { join } from 'node:path'
import { type Lease, onFailpoint } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { byHand, folder, open, shapeOf } from './place.ts'

const NAMES = Array.from({ length: 150 }, (_, at) => `t${at}`)

/** A file of which many tables are leased and none is made. */
async function leased() {
  const path = join(folder(), 'x.db')
  const destination = await open(path)
  await destination.startRun()
  const { leases } = await destination.lease(NAMES)
  const hand = byHand(path)
  return {
    destination,
    leases,
    hand,
    tables: () =>
      hand
        .prepare("select name from sqlite_schema where type = 'table' and name like 't%'")
        .all()
        .map(({ name }) => name),
    recorded: () =>
      hand
        .prepare('select name from _tidemark_tables where schema is not null')
        .all()
        .map(({ name }) => name),
    prepare: (some: readonly Lease[]) =>
      Promise.allSettled(
        some.map((lease) => destination.prepare(lease, shapeOf(undefined, { name: lease.table, table: lease.table }))),
      ),
  }
}

function atCommit(act: () => void): void {
  onFailpoint((point) => {
    if (point === 'before-commit') act()
  })
  onTestFinished(() => onFailpoint(undefined))
}

const failed = (all: readonly PromiseSettledResult<unknown>[]) =>
  all.flatMap((one, at) => (one.status === 'rejected' ? [[NAMES[at], String(one.reason.message)]] : []))

describe('small transactions of SQLite that come at the same time', () => {
  it('are committed together, tables that are made and facts that are recorded', async () => {
    const { destination, leases, tables, recorded, prepare } = await leased()
    let commits = 0
    atCommit(() => commits++)
    expect(failed(await prepare(leases))).toEqual([])
    expect(new Set(tables())).toEqual(new Set(NAMES))
    expect(new Set(recorded())).toEqual(new Set(NAMES))
    expect(commits).toBeLessThanOrEqual(3)
    commits = 0
    await Promise.all(leases.map((lease) => destination.record(lease, [{ kind: 'reports-deletions' }])))
    expect(commits).toBe(2)
    const { tables: known } = await destination.state()
    expect(NAMES.filter((name) => known.get(name)?.reportsDeletions !== true)).toEqual([])
  })

  it('fail alone, with all that they did', async () => {
    const { leases, hand, tables, recorded, prepare } = await leased()
    // Refused after its table was made, and before it is recorded.
    hand.exec(`create trigger no before insert on _tidemark_tables when new.name = 't7'
      begin select raise(abort, 'not this one'); end`)
    const lost = { ...leases[9]!, fence: leases[9]!.fence + 1 }
    const all = failed(await prepare(leases.with(9, lost)))
    expect(all.map(([name]) => name)).toEqual(['t7', 't9'])
    expect(all[0]![1]).toContain('not this one')
    const made = new Set(NAMES.filter((name) => name !== 't7' && name !== 't9'))
    expect(new Set(tables())).toEqual(made)
    expect(new Set(recorded())).toEqual(made)
    hand.exec('drop trigger no')
    expect(failed(await prepare([leases[7]!, leases[9]!]))).toEqual([])
    expect(tables()).toHaveLength(NAMES.length)
  })

  it('are all undone, and all fail, where their commit fails or one ends the transaction', async () => {
    const { leases, hand, tables, recorded, prepare } = await leased()
    const some = leases.slice(0, 20)
    atCommit(() => {
      throw new Error('the disk is gone')
    })
    expect(failed(await prepare(some))).toHaveLength(some.length)
    onFailpoint(undefined)
    hand.exec(`create trigger no before insert on _tidemark_tables when new.name = 't7'
      begin select raise(rollback, 'none of them'); end`)
    const ended = failed(await prepare(some))
    expect(ended).toHaveLength(some.length)
    expect(ended.every(([, message]) => message!.includes('none of them'))).toBe(true)
    expect(tables()).toEqual([])
    expect(recorded()).toEqual([])
    hand.exec('drop trigger no')
    expect(failed(await prepare(some))).toEqual([])
    expect(tables()).toHaveLength(some.length)
  })
})

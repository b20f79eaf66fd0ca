import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { CONTRACTS, contractsWith } from '../src/contract/contract.ts'
import { CONTRACT } from '../src/contract/contract-version.ts'
import { SyncError } from '../src/contract/error.ts'
import { silent } from '../src/contract/log.ts'
import { deleted, isDeleted } from '../src/contract/page.ts'
import { register, registered } from '../src/contract/registry.ts'
import { defineSource, isSource, type Source } from '../src/contract/source.ts'

const one = { name: 'one', row: z.object({ id: z.int() }), async *read() {} }

afterEach(() => registered().clear())

describe('a source', () => {
  it('is data: a name, its contract, its config, and its tables', () => {
    const config = z.object({ token: z.string() })
    const draft = defineSource({ name: 'shop', config, connect: ({ token }) => ({ token }) })
    const source = draft.with([draft.table(one)])
    expect(source).toMatchObject({ name: 'shop', contract: 1, config, identity: undefined })
    expect(source.tables).toMatchObject([{ kind: 'table', name: 'one' }])
    expect(CONTRACTS).toContain(CONTRACT)
  })

  it('is of the first contract without feeds, so that an older runner reads it, and of the second with one', () => {
    const draft = defineSource({ name: 'shop' })
    const feed = draft.feed({ name: 'log', offset: z.int() })
    const told = feed.of([feed.table({ name: 'orders', row: z.object({ id: z.int() }) })], { async *read() {} })
    expect(draft.with([draft.table(one)]).contract).toBe(1)
    expect(draft.with([told]).contract).toBe(2)
    expect(() => draft.with([told, draft.table({ ...one, name: 'orders' })])).toThrow(/two tables named "orders"/)
  })

  it('may be of an older contract from which adapters lead up without a gap', () => {
    const adapter = (source: Source) => source
    expect(contractsWith({ [CONTRACT - 1]: adapter, [CONTRACT - 2]: adapter })).toEqual([
      CONTRACT - 2,
      CONTRACT - 1,
      CONTRACT,
    ])
    expect(contractsWith({ [CONTRACT - 2]: adapter })).toEqual([CONTRACT])
  })

  it('may leave out config and connect, and is then known by that', () => {
    const source = defineSource({ name: 'smallest' }).with([])
    expect(source).toMatchObject({ config: undefined, connect: undefined, identity: undefined })
  })

  it('keeps its functions bound to what its author wrote', async () => {
    const spec = {
      name: 'bound',
      prefix: 'client of ',
      connect() {
        return this.prefix + this.name
      },
      identity() {
        return this.name
      },
    }
    const source = defineSource(spec).with([])
    expect(source.connect!({} as never, { signal: AbortSignal.abort(), log: silent })).toBe('client of bound')
    expect(await source.identity!({ client: undefined as never })).toBe('bound')
  })

  it.each(['', 'Shop', '1shop', '_shop', 'my-shop', 'shop.eu', 'shöp', '../shop', 'shop\n'])(
    'cannot be called %j',
    (name) => {
      expect(() => defineSource({ name })).toThrow(
        `a source's name is lower case letters, digits and "_", starting with a letter; "${name}" is not`,
      )
    },
  )

  it('has each table once', () => {
    const draft = defineSource({ name: 'shop' })
    const twice = () => draft.with([draft.table(one), draft.table(one)])
    expect(twice).toThrow('source "shop" has two tables named "one"; rename one')
    expect(() => defineSource({ name: 'shop' }).with([draft.table({ ...one, name: 'constructor' })])).not.toThrow()
  })

  it('may find its tables only when it is asked, and is not asked before', () => {
    let asked = 0
    const source = defineSource({ name: 'found' }).with(() => {
      asked++
      return []
    })
    expect(typeof source.tables).toBe('function')
    expect(asked).toBe(0)
  })

  it('is told apart from everything else a package can export', () => {
    expect(isSource(defineSource({ name: 'shop' }).with([]))).toBe(true)
    for (const other of [defineSource({ name: 'shop' }), { name: 'shop' }, null, undefined, 'shop', () => {}]) {
      expect(isSource(other)).toBe(false)
    }
  })

  it('names one use of itself as plain data', () => {
    const source = defineSource({ name: 'shop', config: z.object({ url: z.string() }) }).with([])
    const use = source.configure({ url: 'x' }, { every: '1h', tables: { 'tmp_*': false } })
    expect(use).toEqual({ source: 'shop', config: { url: 'x' }, every: '1h', tables: { 'tmp_*': false } })
    expect(JSON.parse(JSON.stringify(use))).toEqual(use)
    expect(registered().size).toBe(0)
  })
})

describe('register', () => {
  it('makes a source known and hands it back', () => {
    const source = defineSource({ name: 'shop' }).with([])
    expect(register(source)).toBe(source)
    expect(registered().get('shop')).toBe(source)
  })

  it('keeps the later of two with one name, in one slot of the process', () => {
    const [first, second] = [defineSource({ name: 'shop' }).with([]), defineSource({ name: 'shop' }).with([])]
    register(first)
    register(second)
    expect([...registered().values()]).toEqual([second])
    expect(registered()).toBe((globalThis as unknown as Record<symbol, unknown>)[Symbol.for('tidemark.sources')])
  })
})

describe('deleted', () => {
  it('marks a page of keys; rows that look like one are rows', () => {
    const page = deleted([{ id: 7 }])
    expect(isDeleted(page)).toBe(true)
    expect(page.keys).toEqual([{ id: 7 }])
    for (const rows of [[{ id: 7 }], [], { keys: [{ id: 7 }] }, null, undefined, 'x'])
      expect(isDeleted(rows)).toBe(false)
  })
})

describe('the logger that says nothing', () => {
  it('says nothing', () => {
    expect([silent.debug('a'), silent.info('b', {}), silent.warn('c')]).toEqual([undefined, undefined, undefined])
    expect(SyncError.is(silent)).toBe(false)
  })
})

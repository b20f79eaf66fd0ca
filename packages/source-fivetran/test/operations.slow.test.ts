import { describe, expect, it } from 'vitest'
import { connectorOf, Runner } from './runner.ts'

const SCHEMA = `
def schema(configuration):
    return [{"table": "t", "primary_key": ["id"], "columns": {"id": "INT"}}]
`
const DONE = '\nconnector = Connector(update=update, schema=schema)\n'

async function synced(update: string, runner = new Runner(), more: object = {}): Promise<Runner> {
  await runner.sync(connectorOf(SCHEMA + update + DONE), more)
  return runner
}

describe('operations', () => {
  it('change rows in their order: update leaves what it does not name, upsert does not, truncate takes all before', async () => {
    const runner = await synced(`
def update(configuration, state):
    for id in (1, 2, 3):
        op.upsert(table="t", data={"id": id, "a": "x", "b": id})
    op.update(table="t", modified={"id": 1, "b": 10})
    op.upsert(table="t", data={"id": 2, "b": 20})
    op.delete(table="t", keys={"id": 3})
    op.checkpoint(state=state)
    op.upsert("other", {"n": 1})
    op.truncate(table="other")
    op.upsert("other", {"n": 2})
    op.truncate(table="never")
    op.delete("never", {"id": 5})
    op.checkpoint({"done": True})
`)
    expect(runner.rows('t')).toEqual([
      { id: 1, a: 'x', b: 10 },
      { id: 2, b: 20 },
    ])
    expect(runner.rows('other')).toEqual([{ n: 2 }])
    expect([...runner.tables.keys()].sort()).toEqual(['other', 't'])
  })

  it('may come from a generator, and from threads', async () => {
    const runner = await synced(`
import threading
def work(part):
    for n in range(200):
        op.upsert("t", {"id": part * 1000 + n})
        if n % 50 == 49:
            op.checkpoint({"part": part})
def update(configuration, state):
    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for one in threads: one.start()
    for one in threads: one.join()
    yield op.upsert("t", {"id": 5000})
    yield op.checkpoint({"all": True})
`)
    expect(runner.rows('t')).toHaveLength(801)
    expect(runner.commits).toHaveLength(17)
    expect(runner.offset).toEqual({ state: { all: true } })
  })

  it('of a table without a key are told apart by a hash of the row, which the order of its fields does not change', async () => {
    const runner = await synced(`
def update(configuration, state):
    op.upsert("k", {"a": 1, "b": 2.5})
    op.upsert("k", {"b": 2.5, "a": 1, "c": None})
    op.upsert("k", {"a": 1, "b": 2.25})
    op.upsert("k", {"a": "1", "b": 2.5})
`)
    expect(runner.tables.get('k')?.primaryKey).toEqual(['_fivetran_id'])
    expect(runner.rows('k')).toHaveLength(3)
  })

  it('that come after the last checkpoint are committed with it when update() has returned', async () => {
    const runner = await synced(
      'def update(configuration, state):\n    op.checkpoint({"n": 1})\n    op.upsert("t", {"id": 1})\n',
    )
    expect(runner.rows('t')).toEqual([{ id: 1 }])
    expect(runner.offset).toEqual({ state: { n: 1 } })
  })

  it('reach many columns and types as they come: schemaChanged, without another run', async () => {
    const runner = await synced(`
import decimal
def update(configuration, state):
    op.upsert("t", {"id": 1, "n": 1, "flag": True})
    op.checkpoint({})
    log.info("run")
    op.upsert("t", {"id": 2, "n": decimal.Decimal("2.50"), "late": "x"})
    op.upsert("t", {"id": 3, "n": 2**70})
    op.upsert("t", {"id": 4, "flag": "maybe"})
    op.checkpoint({})
`)
    expect(runner.types('t')).toEqual({ id: 'integer', n: 'numeric', flag: 'boolean', late: 'text' })
    expect(runner.rows('t').map((row) => row['n'])).toEqual([1, '2.50', '1180591620717411303424'])
    expect(runner.rejected).toMatchObject([{ row: { id: 4, flag: 'maybe' } }])
    expect(runner.said('info')).toEqual(['run'])
  })

  it('of a table that appears in the middle: it is found, and nothing is read twice', async () => {
    const runner = new Runner()
    const folder = connectorOf(`
def update(configuration, state):
    log.info("run")
    op.upsert("a", {"n": state.get("n", 0)})
    op.checkpoint({"n": 1})
    op.upsert("a", {"n": 5})
    op.upsert("b", {"n": 6})
    op.upsert("c", {"n": 7})
    op.checkpoint({"n": 2})
connector = Connector(update=update)
`)
    await runner.sync(folder)
    expect(runner.said('info')).toEqual(['run'])
    expect(runner.asked).toBe(2)
    expect(['a', 'b', 'c'].map((table) => runner.rows(table))).toEqual([[{ n: 0 }, { n: 5 }], [{ n: 6 }], [{ n: 7 }]])
    expect(runner.commits).toEqual([{ state: { n: 1 } }, { state: { n: 2 } }])
  })

  it('of a table that appears after more than is kept: the connector runs once more from its last checkpoint', async () => {
    const runner = new Runner()
    const folder = connectorOf(`
def update(configuration, state):
    log.info(f"run from {state.get('n')}")
    if not state:
        op.upsert("a", {"n": 0})
        op.checkpoint({"n": 1})
    for n in range(40):
        op.upsert("a", {"n": n, "text": str(n) * 1000000})
    op.upsert("b", {"n": 6})
    op.checkpoint({"n": 2})
connector = Connector(update=update)
`)
    await runner.sync(folder)
    expect(runner.said('info')).toEqual(['run from None', 'run from 1'])
    expect(runner.rows('a')).toHaveLength(41)
    expect(runner.rows('b')).toEqual([{ n: 6 }])
  })
})

describe('a checkpoint', () => {
  it('returns when its rows are committed, and not before', async () => {
    const folder = connectorOf(`
import os
def update(configuration, state):
    op.upsert("t", {"id": 1})
    op.checkpoint({"n": 1})
    open("after", "w").close()
connector = Connector(update=update)
`)
    const { existsSync } = await import('node:fs')
    const runner = new Runner()
    runner.beforeCommit = () => {
      if (existsSync(`${folder}/after`)) throw new Error('checkpoint() returned before the commit')
      throw new Error('the destination is gone')
    }
    await expect(runner.sync(folder)).rejects.toThrow('the destination is gone')
    expect(existsSync(`${folder}/after`)).toBe(false)
    expect(runner.rows('t')).toEqual([])
    runner.beforeCommit = () => {}
    await runner.sync(folder)
    expect(existsSync(`${folder}/after`)).toBe(true)
    expect(runner.rows('t')).toEqual([{ id: 1 }])
  })
})

describe('the configuration', () => {
  it('is that of configuration.json, with values and secrets of the config on top, all of them texts', async () => {
    const runner = new Runner()
    const folder = connectorOf(
      `
import json, os
def update(configuration, state):
    log.info("token is " + configuration["apiToken"] + " and " + configuration["key"])
    op.upsert("c", {"c": json.dumps(configuration, sort_keys=True), "env": os.environ["FIVETRAN_DEPLOYMENT_MODEL"], "cwd": os.getcwd()})
connector = Connector(update=update)
`,
      { 'configuration.json': '{"a": "1", "n": 5, "apiToken": "abcdefgh"}' },
    )
    await runner.sync(folder, { configuration: { a: '2', on: true }, secrets: { key: 'very-secret' } })
    expect(runner.rows('c')).toEqual([
      {
        c: '{"a": "2", "apiToken": "abcdefgh", "key": "very-secret", "n": "5", "on": "true"}',
        env: 'local_debug',
        cwd: expect.stringContaining(folder.split('/').at(-1)!),
      },
    ])
    expect(runner.said('info')).toEqual(['token is *** and ***'])
  })
})

describe('what a connector logs', () => {
  it('keeps its level: FINE is for those who look closely, but what needs its history is for all', async () => {
    const runner = await synced(`
def update(configuration, state):
    print("printed")
    log.fine("fine")
    log.debug("debug")
    log.debug("D is new, needs history from 2024")
    log.info("info")
    log.warning("warning")
    log.severe("severe", ValueError("why"))
    log.error("error")
`)
    expect(runner.said('debug')).toEqual(expect.arrayContaining(['printed', 'fine', 'debug']))
    expect(runner.said('info')).toEqual(['D is new, needs history from 2024', 'info'])
    expect(runner.said('warn')).toEqual(['warning', 'severe why', 'error'])
  })
})

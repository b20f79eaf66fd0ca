import { copyFileSync, rmSync } from 'node:fs'
import { sync } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { logServer, readerOf, VERSIONS } from './log-world.ts'

describe.each(VERSIONS)('a log of Postgres %s that is not wanted any more', (_, major) => {
  const { open } = logServer(major)
  const MADE = `SELECT slot_name FROM pg_replication_slots WHERE database = current_database()
    UNION ALL SELECT pubname FROM pg_publication ORDER BY 1`

  it('leaves nothing at its server, and is read from its beginning where it returns', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)`)
    await world.well()
    expect(await world.sql(MADE)).toHaveLength(3)
    expect(world.rows('SELECT backlog FROM _tidemark_feeds')[0]!['backlog']).toContain('replication slot')
    await world.run({ replication: undefined })
    expect(await world.sql(MADE)).toEqual([])
    expect(world.log.join('\n')).toMatch(
      /crm\/log is not in the config any more: replication slot "tidemark_\w+" is removed/,
    )
    expect(world.rows('SELECT id, committed_offset, backlog FROM _tidemark_feeds')).toEqual([
      { id: '', committed_offset: null, backlog: null },
    ])
    // Again nothing is there to be ended.
    world.log.length = 0
    await world.run({ replication: undefined })
    expect(world.log.join('\n')).not.toContain('not in the config')
    await world.sql('UPDATE t SET v = 20 WHERE id = 2; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (3, 3)')
    await world.well()
    await world.sql('INSERT INTO t VALUES (4, 4)')
    await world.well()
    expect(world.live('t', 'id, v')).toEqual([
      { id: 2, v: 20 },
      { id: 3, v: 3 },
      { id: 4, v: 4 },
    ])
    expect(await world.sql(MADE)).toHaveLength(3)
  })

  it('stays while another reads it, and is removed by a later run', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY)')
    await world.well()
    const [slot] = (
      await world.sql(`SELECT slot_name FROM pg_replication_slots WHERE database = current_database()`)
    )[0]!
    const reader = await readerOf(world, String(slot))
    await world.run({ replication: undefined })
    expect(world.log.join('\n')).toMatch(/cannot be ended: .*is read by another runner[\s\S]*pg_drop_replication_slot/)
    expect(await world.sql(MADE)).toHaveLength(3)
    await reader.end()
    await world.run({ replication: undefined })
    expect(await world.sql(MADE)).toEqual([])
  })

  it('is left to another destination that has advanced it', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY)')
    await world.well()
    copyFileSync(world.file, `${world.file}.before`)
    await world.sql('INSERT INTO t VALUES (1)')
    await world.well()
    // What was copied before is now another destination, which does not want it.
    copyFileSync(`${world.file}.before`, world.file)
    rmSync(`${world.file}-wal`, { force: true })
    rmSync(`${world.file}-shm`, { force: true })
    await world.run({ replication: undefined })
    expect(world.log.join('\n')).toMatch(/"tidemark_\w+" stays, because a copy of this destination may be reading it/)
    expect(world.log.join('\n')).not.toContain('is removed')
    expect(await world.sql(MADE)).toHaveLength(3)
  })

  it('is told to the user where its source is gone from the config, with the statements that remove it', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY)')
    await world.well()
    world.log.length = 0
    await world.using({}, (options) => sync({ ...options, sources: [] }))
    const [, statements] = /until you run there: (.*)$/m.exec(world.log.join('\n')) ?? []
    expect(statements).toContain('pg_drop_replication_slot')
    expect(await world.sql(MADE)).toHaveLength(3)
    await world.sql(statements!)
    expect(await world.sql(MADE)).toEqual([])
  })
})

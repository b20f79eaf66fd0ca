import { check, plan, verify } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { logServer, VERSIONS } from './log-world.ts'

describe.each(VERSIONS)('a command that looks at the log of Postgres %s', (_, major) => {
  const { open } = logServer(major)

  it('changes nothing at the source, and needs no right to', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);
      INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)`)
    await world.well()
    const reader = `reader_${major ?? 18}`
    await world.sql(
      `CREATE ROLE ${reader} LOGIN REPLICATION PASSWORD 'pw'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader}`,
    )
    const published = () => world.sql('SELECT * FROM pg_publication_tables ORDER BY 1, 2, 3')
    const slots = () =>
      world.sql('SELECT slot_name, confirmed_flush_lsn FROM pg_replication_slots WHERE database = current_database()')
    const [before, slotsBefore] = [await published(), await slots()]
    expect(before).toHaveLength(2)
    const url = new URL(world.url)
    url.username = reader
    url.password = 'pw'
    // One of the tables that are published is not read any more.
    const config = { url: url.href, exclude: ['b'] }
    expect(await world.into.using(config, plan)).toMatchObject({ sources: [{ failure: undefined }] })
    // It says which rights a run would need.
    expect(await world.into.using(config, check)).toMatchObject({ exitCode: 3 })
    const verified = await world.into.using(config, (options) => verify(options, { table: 'crm_a' }))
    expect(verified).toMatchObject({ exitCode: 0, missing: 0, extra: 0, different: 0 })
    expect(await published()).toEqual(before)
    expect(await slots()).toEqual(slotsBefore)
    // A run does what they left alone.
    await world.into.run({ exclude: ['b'] })
    expect((await published()).map((row) => row[2])).toEqual(['a'])
  })
})

import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { logServer, VERSIONS } from './log-world.ts'

describe.each(VERSIONS)('verify of a table that is read from the log of Postgres %s', (_, major) => {
  const { open } = logServer(major)

  it('finds nothing but what differs, while the table changes all the time', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v text, big text);
      ALTER TABLE t ALTER COLUMN big SET STORAGE EXTERNAL;
      INSERT INTO t SELECT i, 'v' || i, repeat(md5(i::text), 100) FROM generate_series(1, 5000) i`)
    await world.well()
    const writer = await world.session()
    let isWriting = true
    let changes = 0
    const writing = (async () => {
      // Of the rows below 4,000: the others stay as they are.
      for (let n = 0; isWriting; n++) {
        const id = (n * 7919) % 4000
        const changed = [
          `UPDATE t SET v = 'w${n}' WHERE id = ${id}`,
          `DELETE FROM t WHERE id = ${id}`,
          `INSERT INTO t VALUES (${id}, 'n${n}', 'x') ON CONFLICT DO NOTHING`,
          `UPDATE t SET id = ${10_000 + n} WHERE id = ${id}`,
        ][n % 4]!
        await writer.query(changed)
        changes++
      }
    })()
    try {
      const compared = async () => await world.into.repair('crm_t')
      for (let round = 0; round < 2; round++) {
        expect(await compared()).toMatchObject({ exitCode: 0, missing: 0, extra: 0, different: 0 })
        await world.well()
      }
      const file = new DatabaseSync(world.into.file)
      file.exec(`UPDATE crm_t SET v = 'by hand' WHERE id = 4500; DELETE FROM crm_t WHERE id = 4600`)
      file.close()
      expect(await compared()).toMatchObject({ missing: 1, extra: 0, different: 1 })
    } finally {
      isWriting = false
      await writing
    }
    expect(changes).toBeGreaterThan(500)
    await world.well()
    expect(await world.into.repair('crm_t')).toMatchObject({ exitCode: 0, missing: 0, extra: 0, different: 0 })
    const there = await world.sql('SELECT id, v FROM t ORDER BY id')
    expect(world.live('t', 'id, v').map(({ id, v }) => [id, v])).toEqual(there)
  })

  it('finds nothing while keys are exchanged, large values are left alone and the table is truncated', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v text, big text);
      ALTER TABLE t ALTER COLUMN big SET STORAGE EXTERNAL;
      INSERT INTO t SELECT i, 'v' || i, repeat(md5(i::text), 100) FROM generate_series(1, 2000) i`)
    await world.well()
    const writer = await world.session()
    let [isWriting, isTruncating, swaps, truncations, begun] = [true, false, 0, 0, 0]
    const refilled = `TRUNCATE t; INSERT INTO t SELECT i, 'again', repeat(md5(random()::text), 100) FROM generate_series(1, 2000) i`
    const writing = (async () => {
      for (let n = 1; isWriting; n++) {
        begun = n
        await sleep(1)
        const [one, other] = [1 + ((n * 7919) % 2000), 1 + ((n * 104_729) % 2000)]
        if (n % 5 === 0) await writer.query(`UPDATE t SET v = 'w${n}' WHERE id = ${one}`)
        else if (isTruncating && n % 100 === 1) {
          await writer.query(`BEGIN; ${refilled}; COMMIT`)
          truncations++
        } else if (one !== other) {
          // Neither tells the large value.
          await writer.query(`BEGIN; UPDATE t SET id = -${one} WHERE id = ${one}; UPDATE t SET id = ${one} WHERE id = ${other};
            UPDATE t SET id = ${other} WHERE id = -${one}; COMMIT`)
          swaps++
        }
      }
    })()
    const outcomes: string[] = []
    try {
      for (let round = 0; round < 4; round++) {
        isTruncating = round % 2 === 1
        const { exitCode, missing, extra, different, found } = await world.into.repair('crm_t')
        expect({ missing, extra, different }).toEqual({ missing: 0, extra: 0, different: 0 })
        // A truncation that no sync has read is said to be one, and nothing is compared.
        const why = found[0]?.failure?.message ?? ''
        if (isTruncating && exitCode !== 0)
          expect(why).toMatch(/were replaced at its source|was rewritten while it was read/)
        else expect(exitCode, why).toBe(0)
        outcomes.push(exitCode === 0 ? 'compared' : 'replaced')
        isTruncating = false
        // One that was begun meanwhile ends before the next round.
        for (const last = begun; begun < last + 2; ) await sleep(5)
        await world.well()
      }
    } finally {
      isWriting = false
      await writing
    }
    console.info(`${swaps} exchanges, ${truncations} truncations: ${outcomes.join(', ')}`)
    expect(swaps).toBeGreaterThan(100)
    expect(truncations).toBeGreaterThan(0)
    await world.well()
    expect(await world.into.repair('crm_t')).toMatchObject({ exitCode: 0, missing: 0, extra: 0, different: 0 })
    const there = await world.sql('SELECT id, v, md5(big) FROM t ORDER BY id')
    const here = world.live('t', 'id, v, big')
    expect(here.map(({ id, v, big }) => [id, v, md5(String(big))])).toEqual(there)
  })
})

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

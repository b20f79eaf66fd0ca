import { RECORD_KINDS, type RecordChunk } from '@tidemark/core/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { Thing, thing } from './commit-laws.ts'
import { DestinationUnderTest, runnerNamed, type TestDatabase, type TestTable } from './destination-under-test.ts'

/** Laws of state and rows that are written down, and of a state that is put in the place of another. */
export function testRelocations(database: () => TestDatabase): void {
  describe('relocation', () => {
    let world: DestinationUnderTest
    let table: TestTable
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
      await table.write([thing(1, 10), thing(2, 20)], { deleted: [{ key: { id: 2 }, at: 30n }] })
      return () => world.destination.close()
    })

    const known = () => ({ name: table.name, schema: table.prepared.schema })
    async function records(): Promise<readonly RecordChunk[]> {
      const all: RecordChunk[] = []
      for (const kind of RECORD_KINDS) for await (const one of world.destination.relocation.records(kind)) all.push(one)
      return all
    }

    it('sums up what stands in a table: marked rows count, and whatever changes changes it', async () => {
      const { relocation } = world.destination
      const before = await relocation.contents(known())
      expect(before?.rows).toBe(2)
      expect(await relocation.contents(known())).toEqual(before)
      await database().execute(`update ${table.name} set note = 'x' where id = 1`)
      expect((await relocation.contents(known()))?.hash).not.toBe(before?.hash)
      expect(await relocation.contents({ ...known(), name: 'nothing' })).toBeUndefined()
    })

    it('sums up rows in its own form, as they are copied: whatever changes changes it, in any column', async () => {
      const { native } = world.destination.relocation
      if (native === undefined) return
      const sumOf = async () => {
        const { loose, chunks } = (await native.rows(known()))!
        const sum = native.sum(known(), loose)
        for await (const one of chunks) sum.add(one)
        return sum.contents()
      }
      const before = await native.contents(known())
      expect(before?.rows).toBe(2)
      expect(await sumOf()).toEqual(before)
      const seen = new Set([before?.hash])
      for (const change of [
        "note = 'x'",
        'id = 7',
        'at = 8',
        '_cursor = 9',
        'note = null',
        '_deleted_at = _synced_at',
      ]) {
        await database().execute(`update ${table.name} set ${change} where id <> 2`)
        const after = await native.contents(known())
        expect(await sumOf()).toEqual(after)
        expect(seen, change).not.toContain(after?.hash)
        seen.add(after?.hash)
      }
      expect(await native.rows({ ...known(), name: 'nothing' })).toBeUndefined()
    })

    it('puts records in the place of all that is known, and back', async () => {
      const { relocation } = world.destination
      const before = await records()
      const state = await world.destination.state()
      await relocation.replace([table.lease], () => [])
      expect((await world.destination.state()).tables.size).toBe(0)
      await relocation.replace([table.lease], () => before)
      expect(await world.destination.state()).toEqual(state)
      expect(await records()).toEqual(before)
      expect(await world.destination.startRun()).toBeGreaterThan(world.run)
    })

    it('lets nobody put a state who no longer holds the tables', async () => {
      const other = await database().connect({ runner: runnerNamed('two'), isAlive: () => false })
      await other.lease([table.name])
      const state = await world.destination.state()
      await expect(world.destination.relocation.replace([table.lease], () => [])).rejects.toMatchObject({
        code: 'fenced',
      })
      expect(await world.destination.state()).toEqual(state)
      await other.close()
    })

    it('begins a move into an empty place only', async () => {
      await expect(world.destination.relocation.begin('elsewhere')).rejects.toMatchObject({ code: 'not-empty' })
    })
  })
}

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestProject, testProject } from '../test-project.ts'

/** A source whose tables do what the file `mood.json` says: fail, reject rows, have another column, or lose all rows. */
const SOURCE = `
import { readFileSync } from 'node:fs'
import { defineSource, register, SyncError } from '@tidemark/core'
import { z } from 'zod'
const mood = () => JSON.parse(readFileSync('mood.json', 'utf8'))
const source = defineSource({ name: 'shop', connect: () => {
  if (mood().down) throw new SyncError('the shop is closed', 'fix-config', { code: 'closed' })
  return {}
} })
const table = (name) => source.table({
  name,
  row: z.object({ id: z.int(), ...(mood().column ? { note: z.string().nullable() } : {}) }),
  primaryKey: ['id'],
  async *read() {
    const now = mood()
    if (now.fails?.includes(name)) throw new SyncError('it is broken', 'fix-config', { code: 'broken' })
    const all = name === 'orders' && now.few ? 1 : 300
    yield Array.from({ length: all }, (_, id) => ({ id: now.rejects && id === 7 ? 'seven' : id, ...(now.column ? { note: null } : {}) }))
  },
})
export default register(source.with([table('orders'), table('customers')]))`

export interface Mood {
  readonly down?: boolean
  readonly fails?: readonly string[]
  readonly rejects?: boolean
  readonly column?: boolean
  readonly few?: boolean
}

export interface Shop {
  readonly project: TestProject
  mood(mood: Mood): void
  /** Lets time pass since notices were sent: the database's clock is that of the machine. */
  pass(hours: number): void
}

export function shop(notify: object, more: object = {}): Shop {
  const project = testProject()
  const mood = (now: Mood): void => void project.write('mood.json', JSON.stringify(now))
  mood({})
  project.install('shop', SOURCE)
  project.config({ notify, ...more })
  return {
    project,
    mood,
    pass(hours) {
      const database = new DatabaseSync(join(project.folder, 'data/tidemark.db'))
      const by = hours * 3_600_000_000
      for (const column of ['delivered_at', 'sending_at', 'next_try_at'])
        database.exec(`update _tidemark_notices set ${column} = ${column} - ${by}`)
      database.close()
    },
  }
}

import { expect, it } from 'vitest'
import { errorOf, Folder, open } from './harness.ts'
import { world } from './world.ts'

it('a slip in a key fails the table alone, which continues once the line is right', async () => {
  const { folder, run, sync, rows } = await world()
  folder.write('a.csv', 'id,name\n1,a\n2,b\n')
  folder.write('b.csv', 'id\n1\n')
  const tables = (primaryKey: string) => ({
    t: { path: folder.at('a.csv'), primaryKey: [primaryKey] },
    other: { path: folder.at('b.csv') },
  })
  await sync(tables('id'))
  const report = await run(tables('idd'))
  expect(report.tables.map(({ name, status }) => [name, status])).toEqual([
    ['files_t', 'failing'],
    ['files_other', 'complete'],
  ])
  const failed = report.tables.find(({ name }) => name === 'files_t')!
  expect(failed.failures[0]!.failure).toMatchObject({
    remedy: 'fix-config',
    message: expect.stringMatching(/primaryKey names "idd", which is not in any file of .*; did you mean "id"\?/),
  })
  folder.write('a.csv', 'id,name\n1,a\n2,b\n3,c\n')
  await sync(tables('id'))
  expect(await rows('SELECT id FROM files_t WHERE _deleted_at IS NULL ORDER BY id')).toHaveLength(3)
})

it('a slip in a key of a new table, and in a column whose type is given, names the nearest', async () => {
  const folder = new Folder()
  folder.write('a.csv', 'id,name\n1,a\n')
  const path = folder.at('a.csv')
  const error = await errorOf(open({ t: { path, primaryKey: ['nmae'] } }))
  expect(error.message).toContain('did you mean "name"?')
  const opened = await open({ t: { path, columns: { nmae: 'text', later: 'text' } } })
  expect(opened.warnings.map(({ message }) => message)).toEqual([
    'tables.t.columns names "nmae", which is not in any file; did you mean "name"?',
  ])
})

it('without a table nothing is configured yet', async () => {
  await expect(open({})).rejects.toThrow('nothing is configured to read yet: write tables here')
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testAlone } from '@tidemark/testkit'
import files from '../src/index.ts'

testAlone(files, {
  fixtures: (folder) => {
    for (const month of [1, 2])
      writeFileSync(join(folder, `${month}.csv`), `id,total\n${month},1.50\n${month + 10},2\n`)
    writeFileSync(join(folder, 'events.ndjson'), '{"id":1,"name":"one"}\n{"id":2,"name":"two"}\n')
  },
  config: ({ folder }) => ({
    tables: {
      orders: { path: join(folder, '*.csv'), primaryKey: ['id'], minAge: '0s' },
      events: { path: join(folder, '*.ndjson'), primaryKey: ['id'], minAge: '0s' },
    },
  }),
})

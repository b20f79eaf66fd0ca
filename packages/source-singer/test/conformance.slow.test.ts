import { join } from 'node:path'
import type { Source } from '@tidemark/core'
import { testFeed } from '@tidemark/testkit'
import { eventFeed } from '../../testkit/test/event-feed.ts'
import source from '../src/index.ts'

const TAP = join(import.meta.dirname, 'taps/event-tap.js')

testFeed(source as unknown as Source, {
  ...eventFeed({
    order: (id) => ({ id, note: `note ${id}`, total: id + 0.25 }),
    line: (order, line) => ({ order, line, note: `line ${line}` }),
    edited: { orders: { note: 'edited' }, lines: { note: 'edited' } },
  }),
  config: ({ folder, url }) => ({
    command: [process.execPath, TAP],
    config: { url, folder },
    secrets: { api_key: 'a key that nobody sees' },
  }),
  waive: { errors: 'a tap says in words alone why it failed, so whatever it failed with is tried again' },
})

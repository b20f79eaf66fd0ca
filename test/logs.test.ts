import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LOG_EVENTS } from '@tidemark/core/engine'
import { expect, it } from 'vitest'

it('the page on logs lists every event, with what it says', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/logs.md'), 'utf8')
  const listed = [...page.slice(page.indexOf('## Events')).matchAll(/^\| `([\w-]+)` +\| (.+?) +\|$/gm)]
  expect(Object.fromEntries(listed.map(([, event, says]) => [event, says]))).toEqual(LOG_EVENTS)
})

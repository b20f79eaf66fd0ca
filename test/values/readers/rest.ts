import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import source from '@tidemark/source-rest'
import { afterAll } from 'vitest'
import type { Reader, Written } from '../example.ts'
import { JSON_VALUES } from '../inputs/json.ts'
import { placeOf } from './files.ts'

const stops: (() => void)[] = []
afterAll(() => {
  for (const stop of stops) stop()
})

/** An API on loopback with a list for each example: its value in the first row, and null in the second. */
export const rest: Reader = {
  name: 'REST',
  examples: JSON_VALUES,
  async write(cases) {
    const bodies = new Map(
      cases.map(({ example: { given, config }, number }) => [
        `/t${number}`,
        Buffer.from(`[{"id":1,"v":${given}},{"id":2,"v":null}]`, config?.['bytes'] === true ? 'latin1' : 'utf8'),
      ]),
    )
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(bodies.get(request.url ?? '') ?? '[]')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stops.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const tables = Object.fromEntries(
      cases.map(({ example: { declared }, number }) => [
        `t${number}`,
        {
          path: `/t${number}`,
          primaryKey: ['id'],
          columns: { id: 'integer', ...(declared === undefined ? {} : { v: declared }) },
        },
      ]),
    )
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return { source, config: { baseUrl, tables }, place: placeOf } satisfies Written
  },
}

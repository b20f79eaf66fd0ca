import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { NoticeMessage } from '../../src/notify/notice-message.ts'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly message: NoticeMessage
}

export interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** What was told, as `failing shop_days`. */
  told(): readonly string[]
  /** Answers with this status from now on. */
  answer(status: number): void
  /** Called with each request before it is answered. */
  onRequest(work: (request: Received) => void | Promise<void>): void
}

/** A server that takes notices, as an alerting system does. */
export async function receiver(): Promise<Receiver> {
  const received: Received[] = []
  let status = 204
  let heard: (request: Received) => void | Promise<void> = () => {}
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', async () => {
      const one = { headers: request.headers, body, message: JSON.parse(body) as NoticeMessage }
      await heard(one)
      if (status < 300) received.push(one)
      response.writeHead(status).end(status < 300 ? '' : 'not now')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.closeAllConnections())
  onTestFinished(() => void server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    told: () =>
      received.flatMap(({ message }) =>
        message.notices.map(({ event, table, source }) => `${event} ${table ?? source}`),
      ),
    answer: (next) => {
      status = next
    },
    onRequest: (work) => {
      heard = work
    },
  }
}

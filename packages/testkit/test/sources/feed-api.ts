import { defineSource, type Source, SyncError, secret } from '@tidemark/core'
import { z } from 'zod'
import type { FeedTestOptions } from '../../src/index.ts'

/** One deliberate mistake of a feed that asks a server. */
export type FeedApiMistake =
  | 'forgets how long to wait'
  | 'tries a refused token again'
  | 'logs its token'
  | 'shows its token'

/** A feed over HTTP with a token. */
export function feedApi(mistake?: FeedApiMistake): Source {
  const api = defineSource({
    name: 'api',
    config: z.object({ url: z.string(), token: secret() }),
    connect: (config) => config,
  })
  const feed = api.feed({ name: 'changes', offset: z.object({ at: z.int() }) })
  const orders = feed.table({ name: 'orders', row: z.object({ id: z.int() }), primaryKey: ['id'] })
  return api.with([
    feed.of([orders], {
      async *read({ client: { url, token }, offset, log, signal }) {
        log.debug(`asks ${url}${mistake === 'logs its token' ? ` with ${token}` : ''}`)
        const answer = await fetch(url, { headers: { authorization: token }, signal })
        if (!answer.ok) throw failureOf(answer, token, mistake)
        yield orders.upserted(z.array(z.object({ id: z.int() })).parse(await answer.json()))
        yield feed.checkpoint({ at: (offset?.at ?? 0) + 1 })
      },
    }),
  ]) as unknown as Source
}

function failureOf({ status, headers }: Response, token: string, mistake: FeedApiMistake | undefined): SyncError {
  const isRefused = status === 401 && mistake !== 'tries a refused token again'
  return new SyncError(
    `it answered ${status}${mistake === 'shows its token' ? ` to ${token}` : ''}`,
    isRefused ? 'fix-config' : 'retry',
    mistake === 'forgets how long to wait' ? {} : { retryAfterMs: Number(headers.get('retry-after') ?? 0) * 1000 },
  )
}

export const feedApiOptions: FeedTestOptions = {
  config: ({ url }: { readonly url: string }) => ({ url, token: 'a token that nobody sees' }),
  server: () => Response.json([{ id: 1 }, { id: 2 }]),
  rows: () => [{ id: 1 }, { id: 2 }],
}

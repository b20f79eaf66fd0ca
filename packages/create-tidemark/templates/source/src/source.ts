import { defineSource, secret } from '@tidemark/core'
import { HttpClient } from '@tidemark/http'
import { z } from 'zod'

export const acmeSource = defineSource({
  name: 'acme',
  config: z.object({
    url: z.url().describe('the base URL of the API'),
    token: secret().describe('an access token'),
  }),
  // Retries, rate limits, exact numbers, and errors that say what to do; see its options for other kinds of authorization.
  connect: ({ url, token }, { log, pace, clock }) =>
    new HttpClient({ baseUrl: url, authorization: { type: 'bearer', token }, log, pace, clock }),
})

import { defineSource, secret } from '@tidemark/core'
import { z } from 'zod'
import { AcmeClient } from './client.ts'

export const acmeSource = defineSource({
  name: 'acme',
  config: z.object({
    url: z.url().describe('the base URL of the API'),
    token: secret().describe('an access token'),
  }),
  connect: ({ url, token }) => new AcmeClient(url, token),
})

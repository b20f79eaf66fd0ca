import { defineSource, secret } from '@tidemark/core'
import { z } from 'zod'
import { AcmeClient } from './client.ts'

export const acmeSource = defineSource({
  name: 'acme',
  config: z.object({
    /** Where the system answers. */
    url: z.url(),
    token: secret(),
  }),
  connect: ({ url, token }) => new AcmeClient(url, token),
})

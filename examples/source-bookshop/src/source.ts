import { defineSource, secret } from '@tidemark/core'
import { z } from 'zod'
import { Bookshop } from './bookshop.ts'

export const bookshop = defineSource({
  name: 'bookshop',
  config: z.object({ url: z.url().default('https://api.bookshop.example'), token: secret() }),
  connect: (config, { signal }) => new Bookshop(config.url, config.token, signal),
  identity: ({ client }) => client.account(),
})

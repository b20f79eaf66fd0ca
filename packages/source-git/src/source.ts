import { defineSource } from '@tidemark/core'
import { z } from 'zod'
import { Git } from './git.ts'

export const git = defineSource({
  name: 'git',
  config: z.object({
    repositories: z
      .array(z.string().min(1))
      .min(1, 'no repository is configured yet: write paths of git repositories here, such as ["."] or ["../shop"]')
      .optional()
      .describe('paths of repositories; absent: the repository of the working directory'),
  }),
  async connect({ repositories }, { signal, log }) {
    const client = new Git({ repositories })
    // Where nobody named one, all tables would fail for the same reason.
    if (repositories === undefined) await client.repositories({ signal, log })
    return client
  },
})

export const repositories = git.partitions(({ client, signal, log }) => client.repositories({ signal, log }))

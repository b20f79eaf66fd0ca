import { defineSource } from '@tidemark/core'
import { z } from 'zod'
import { Git } from './git.ts'

export const git = defineSource({
  name: 'git',
  config: z.object({
    repositories: z
      .array(z.string().min(1))
      .optional()
      .describe('paths of repositories; absent: the repository of the working directory, if any'),
  }),
  connect: ({ repositories }) => new Git({ repositories }),
})

export const repositories = git.partitions(({ client, signal, log }) => client.repositories({ signal, log }))

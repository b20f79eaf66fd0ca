import { defineSource } from '@tidemark/core'
import { z } from 'zod'
import { Git } from './git.ts'

export const git = defineSource({
  name: 'git',
  config: z.object({
    /** Paths of repositories, from the working directory. Absent: the repository of the working directory, if any. */
    repositories: z.array(z.string().min(1)).optional(),
  }),
  connect: ({ repositories }) => new Git({ repositories }),
})

export const repositories = git.partitions(({ client, signal, log }) => client.repositories({ signal, log }))

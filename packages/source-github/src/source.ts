import { defineSource } from '@tidemark/core'
import { GitHubConfig } from './config.ts'
import { GitHub } from './github-client.ts'

export const github = defineSource({
  name: 'github',
  config: GitHubConfig,
  connect: (config, { log, pace, clock }) => new GitHub(config, log, { pace, clock }),
  // Ids of repositories are those of one GitHub.
  identity: ({ client }) => client.host,
})

export const repositories = github.partitions(({ client, signal }) => client.repositories(signal))

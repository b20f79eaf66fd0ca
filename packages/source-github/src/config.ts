import { secret } from '@tidemark/core'
import { z } from 'zod'

const NAME = /^(?!\.{1,2}(?:\/|$))[\w.-]+$/
const REPOSITORY = /^(?!\.{1,2}\/)[\w.-]+\/(?!\.{1,2}$)[\w.-]+$/

export const GitHubConfig = z
  .object({
    /** Repositories by name. */
    repositories: z.array(z.string().regex(REPOSITORY, 'say "owner/name", such as "octokit/fixtures"')).default([]),
    /** Users and organisations, all of whose repositories are tracked. */
    owners: z.array(z.string().regex(NAME, 'say the name of a user or an organisation')).default([]),
    /** Of the owners, also the repositories that are forks. */
    forks: z.boolean().default(false),
    /** Without it only what is public is seen, and GitHub answers 60 requests an hour. */
    token: secret().optional(),
    /** Of GitHub Enterprise Server, `https://<host>/api/v3`. */
    baseUrl: z
      .url({ protocol: /^https?$/, error: 'say a URL that begins with https:// or http://' })
      .default('https://api.github.com'),
  })
  .refine(({ repositories, owners }) => repositories.length + owners.length > 0, {
    path: ['repositories'],
    error: 'say which repositories to track: repositories: ["owner/name"], or owners: ["owner"]',
  })
export type GitHubConfig = z.infer<typeof GitHubConfig>

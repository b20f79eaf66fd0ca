import { secret } from '@tidemark/core'
import { z } from 'zod'

const NAME = /^(?!\.{1,2}(?:\/|$))[\w.-]+$/
const REPOSITORY = /^(?!\.{1,2}\/)[\w.-]+\/(?!\.{1,2}$)[\w.-]+$/

export const GitHubConfig = z
  .object({
    repositories: z
      .array(z.string().regex(REPOSITORY, 'say "owner/name", such as "octokit/fixtures"'))
      .default([])
      .describe('repositories, as `owner/name`'),
    owners: z
      .array(z.string().regex(NAME, 'say the name of a user or an organisation'))
      .default([])
      .describe('users and organisations: all their repositories that the token can see, including future ones'),
    forks: z.boolean().default(false).describe('also read forks of the owners'),
    token: secret()
      .optional()
      .describe(
        'a personal access token or an app token with read access. Without it: public data, at 60 requests an hour',
      ),
    baseUrl: z
      .url({ protocol: /^https?$/, error: 'say a URL that begins with https:// or http://' })
      .default('https://api.github.com')
      .describe('the base URL of the API; for GitHub Enterprise Server `https://<host>/api/v3`'),
  })
  .refine(({ repositories, owners }) => repositories.length + owners.length > 0, {
    path: ['repositories'],
    error: 'say which repositories to track: repositories: ["owner/name"], or owners: ["owner"]',
  })
export type GitHubConfig = z.infer<typeof GitHubConfig>

import { z } from 'zod'
import { AuthorizationConfig } from './authorization-config.ts'
import { checkTables } from './check-tables.ts'
import { AnswerChecksConfig, BodyPath, TableConfig } from './table-config.ts'

export const RestConfig = z
  .object({
    baseUrl: z
      .url({ protocol: /^https?$/, error: 'say a URL that begins with https:// or http://' })
      .describe('what all paths begin with'),
    authorization: AuthorizationConfig.optional().describe(
      'one of those below, or a list of them that are sent together',
    ),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .describe('sent with each request. They are no secrets: for those there is `authorization`'),
    params: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('parameters of each request; no place for secrets either'),
    success: AnswerChecksConfig.optional().describe(
      'what every answer of the API says that is not an error; see `tables.*.success`',
    ),
    failure: AnswerChecksConfig.optional().describe(
      'what an answer of the API says that is an error though its status is 200; see `tables.*.failure`',
    ),
    hosts: z
      .array(z.string())
      .default([])
      .describe('further hosts (`host` or `host:port`) that belong to the API and are given the credentials too'),
    allow: z
      .array(z.string())
      .default([])
      .describe(
        'hosts and addresses that a redirect may lead to though they are private; link-local ones are refused unless they are listed here',
      ),
    rate: z
      .strictObject({ requests: z.int().min(1), seconds: z.number().positive() })
      .optional()
      .describe('`{ requests, seconds }`: no stretch of that time sees more requests, over all tables'),
    clock: z
      .union([z.enum(['server', 'runner']), z.strictObject({ at: BodyPath })])
      .default('server')
      .describe(
        'whose time rows are read up to: `server`, the earlier of the API’s (by the `Date` of its answers) and this machine’s; `{ at }`, the same by a time in the answers; `runner`, this machine’s alone',
      ),
    concurrency: z.int().min(1).max(100).default(4).describe('requests at once'),
    attempts: z
      .int()
      .min(1)
      .max(20)
      .default(5)
      .describe(
        "how often one request is sent at most; after that its failure is the table's. The engine counts these among its own attempts",
      ),
    maxRequests: z.int().min(1).optional().describe('of one run; what is left is for the next'),
    idleSeconds: z
      .number()
      .positive()
      .default(60)
      .describe('how long the API may be silent, also in the middle of an answer'),
    maxMegabytes: z.number().positive().default(64).describe('of one answer, decompressed'),
    tables: z
      .record(z.string().min(1), TableConfig)
      .default({})
      .refine((tables) => Object.keys(tables).length > 0, {
        error: 'nothing is configured to read yet: write tables here, such as { items: { path: "/items" } }',
      })
      .describe('the tables by name'),
  })
  .superRefine(({ tables }, context) => {
    for (const { path, message } of checkTables(tables))
      context.addIssue({ code: 'custom', path: ['tables', ...path], message })
  })
export type RestConfig = z.infer<typeof RestConfig>

import { z } from 'zod'
import { AuthorizationConfig } from './authorization-config.ts'
import { checkTables } from './check-tables.ts'
import { AnswerChecksConfig, BodyPath, TableConfig } from './table-config.ts'

export const RestConfig = z
  .object({
    baseUrl: z
      .url({ protocol: /^https?$/, error: 'say a URL that begins with https:// or http://' })
      .describe('the start of all paths'),
    authorization: AuthorizationConfig.optional().describe('one of those below, or a list of them to send together'),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .describe('headers of each request. Not for secrets: use `authorization`'),
    params: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('query parameters of each request; not for secrets either'),
    success: AnswerChecksConfig.optional().describe(
      'check that holds for every good response of the API; see `tables.*.success`',
    ),
    failure: AnswerChecksConfig.optional().describe(
      'check that detects an error in a response with status 200; see `tables.*.failure`',
    ),
    hosts: z
      .array(z.string())
      .default([])
      .describe('more hosts (`host` or `host:port`) that belong to the API and also receive the credentials'),
    allow: z
      .array(z.string())
      .default([])
      .describe(
        'private hosts and addresses that a redirect may lead to; link-local ones are refused unless you list them here',
      ),
    rate: z
      .strictObject({ requests: z.int().min(1), seconds: z.number().positive() })
      .optional()
      .describe('`{ requests, seconds }`: the most requests in any period of that length, over all tables'),
    clock: z
      .union([z.enum(['server', 'runner']), z.strictObject({ at: BodyPath })])
      .default('server')
      .describe(
        'the clock that decides where reading ends: `server`, the earlier of the API’s (from the `Date` header of its responses) and this machine’s; `{ at }`, the same with a time in the responses; `runner`, this machine’s alone',
      ),
    concurrency: z.int().min(1).max(100).default(4).describe('requests at the same time'),
    attempts: z
      .int()
      .min(1)
      .max(20)
      .default(5)
      .describe(
        'the most attempts of one request; after that the table fails. The engine counts them among its own attempts',
      ),
    maxRequests: z.int().min(1).optional().describe('the most requests of one run; the next run continues'),
    idleSeconds: z
      .number()
      .positive()
      .default(60)
      .describe('how long the API may send nothing, also in the middle of a response'),
    maxMegabytes: z.number().positive().default(64).describe('maximum size of one response, decompressed'),
    tables: z
      .record(z.string().min(1), TableConfig)
      .default({})
      .refine((tables) => Object.keys(tables).length > 0, {
        error: 'nothing is configured to read yet: write tables here, such as { items: { path: "/items" } }',
      })
      .describe('the tables, by name'),
  })
  .superRefine(({ tables }, context) => {
    for (const { path, message } of checkTables(tables))
      context.addIssue({ code: 'custom', path: ['tables', ...path], message })
  })
export type RestConfig = z.infer<typeof RestConfig>

import { z } from 'zod'
import { AuthorizationConfig } from './authorization-config.ts'
import { checkTables } from './check-tables.ts'
import { TableConfig } from './table-config.ts'

export const RestConfig = z
  .object({
    /** What all paths begin with, such as `https://api.example.com/v2`. */
    baseUrl: z.url({ protocol: /^https?$/, error: 'say a URL that begins with https:// or http://' }),
    authorization: AuthorizationConfig.optional(),
    /** Sent with each request. */
    headers: z.record(z.string(), z.string()).default({}),
    params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    /** Further hosts that belong to the API and are given the credentials too. */
    hosts: z.array(z.string()).default([]),
    /** Hosts and addresses that may be asked though they are private or link-local. */
    allow: z.array(z.string()).default([]),
    /** No more than so many requests in so many seconds, over all tables. */
    rate: z.strictObject({ requests: z.int().min(1), seconds: z.number().positive() }).optional(),
    /** Requests at once. */
    concurrency: z.int().min(1).max(100).default(4),
    /** How often a request is sent at most, before its failure is the engine's. */
    attempts: z.int().min(1).max(20).default(5),
    /** The most requests of a run; what is left is for the next one. */
    maxRequests: z.int().min(1).optional(),
    /** How many seconds the API may be silent. */
    idleSeconds: z.number().positive().default(60),
    /** The most megabytes of one answer. */
    maxMegabytes: z.number().positive().default(64),
    tables: z.record(z.string().min(1), TableConfig).default({}),
  })
  .superRefine(({ tables }, context) => {
    for (const { path, message } of checkTables(tables))
      context.addIssue({ code: 'custom', path: ['tables', ...path], message })
  })
export type RestConfig = z.infer<typeof RestConfig>

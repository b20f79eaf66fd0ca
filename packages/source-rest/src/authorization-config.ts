import { secret } from '@tidemark/core'
import { z } from 'zod'

import { BodyPath } from './table-config.ts'

const oauth = {
  tokenUrl: z.url(),
  clientId: z.string().min(1),
  /** A key in PEM that the client signs with, in place of a secret. */
  privateKey: secret().optional(),
  /** What it signs: the key's name, and for whom, where that is not `tokenUrl`. */
  assertion: z.strictObject({ keyId: z.string().optional(), audience: z.string().optional() }).optional(),
  scope: z.string().optional(),
  /** More parameters of the token request, such as `audience`. */
  parameters: z.record(z.string(), z.string()).optional(),
  /** Where the client's secret is in the token request; `basic_raw`: without encoding it first. */
  clientAuthentication: z.enum(['basic', 'basic_raw', 'post']).optional(),
  /** How the token request is written. */
  tokenRequest: z.enum(['form', 'json', 'query']).optional(),
  /** Sent with the token request. */
  tokenHeaders: z.record(z.string(), z.string()).optional(),
  /** Where the answer has what, where that is not found by its usual names. */
  answer: z
    .strictObject({
      access: BodyPath.optional(),
      refresh: BodyPath.optional(),
      expires: BodyPath.optional(),
    })
    .optional(),
  /** The header that takes the token, and the word before it. */
  header: z.string().min(1).optional(),
  scheme: z.string().optional(),
}

const One = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('bearer'), token: secret() }),
  z.strictObject({ type: z.literal('basic'), username: z.string(), password: secret() }),
  z.strictObject({ type: z.literal('header'), name: z.string().min(1), value: secret() }),
  z.strictObject({ type: z.literal('query'), name: z.string().min(1), value: secret() }),
  z
    .strictObject({ type: z.literal('client_credentials'), clientSecret: secret().optional(), ...oauth })
    .refine(({ clientSecret, privateKey }) => (clientSecret === undefined) !== (privateKey === undefined), {
      path: ['clientSecret'],
      error: 'set clientSecret, or privateKey if the client signs with a key',
    }),
  z.strictObject({
    type: z.literal('refresh_token'),
    refreshToken: secret(),
    clientSecret: secret().optional(),
    ...oauth,
  }),
])

/** How the API knows who asks: one way, or several together. */
export const AuthorizationConfig = z.union([One, z.array(One)])

import { secret } from '@tidemark/core'
import { z } from 'zod'

const oauth = {
  tokenUrl: z.url(),
  clientId: z.string().min(1),
  scope: z.string().optional(),
  /** More parameters of the token request, such as `audience`. */
  parameters: z.record(z.string(), z.string()).optional(),
  /** Where the client's secret stands in the token request. */
  clientAuthentication: z.enum(['basic', 'post']).optional(),
}

const One = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('bearer'), token: secret() }),
  z.strictObject({ type: z.literal('basic'), username: z.string(), password: secret() }),
  z.strictObject({ type: z.literal('header'), name: z.string().min(1), value: secret() }),
  z.strictObject({ type: z.literal('query'), name: z.string().min(1), value: secret() }),
  z.strictObject({ type: z.literal('client_credentials'), clientSecret: secret(), ...oauth }),
  z.strictObject({
    type: z.literal('refresh_token'),
    refreshToken: secret(),
    clientSecret: secret().optional(),
    ...oauth,
  }),
])

/** How the API knows who asks: one way, or several together. */
export const AuthorizationConfig = z.union([One, z.array(One)])

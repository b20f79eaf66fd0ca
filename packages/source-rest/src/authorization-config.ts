import { secret } from '@tidemark/core'
import { JWT_ALGORITHMS, type JwtAlgorithm, SIGNATURE_PLACEHOLDERS, unknownPlaceholders } from '@tidemark/http'
import { z } from 'zod'
import { BodyPath, Place } from './table-config.ts'

const oauth = {
  tokenUrl: z.url(),
  clientId: z.string().min(1),
  /** A key in PEM that the client signs with, in place of a secret. */
  privateKey: secret().optional(),
  /** What it signs: the key's name, for whom, where that is not `tokenUrl`, and what else it says. */
  assertion: z
    .strictObject({
      keyId: z.string().optional(),
      audience: z.string().optional(),
      subject: z.string().optional(),
      claims: z.record(z.string(), z.json()).optional(),
      /** The token is issued for it, as for a service account. */
      grant: z.literal(true).optional(),
    })
    .optional(),
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

const KeyEncoding = z.enum(['utf8', 'base64', 'hex']).optional()

/** A login whose answer has the token or the cookie of a session. */
const Session = z
  .strictObject({
    type: z.literal('session'),
    loginUrl: z.url(),
    method: z.enum(['GET', 'POST']).optional(),
    /** Fields of the body by their paths; all texts are secret. */
    body: z.record(z.string().min(1), z.union([secret(), z.number(), z.boolean()])).optional(),
    encoding: z.enum(['json', 'form']).optional(),
    /** For a login by Basic. */
    username: z.string().min(1).optional(),
    password: secret().optional(),
    headers: z.record(z.string(), secret()).optional(),
    /** Where the answer has the token, where that is not found by its usual names. */
    at: z.union([Place, z.strictObject({ cookie: z.string().min(1) })]).optional(),
    lifeSeconds: z.number().positive().optional(),
    /** Statuses that mean that the session has ended. */
    expired: z.array(z.int().min(400).max(499)).min(1).optional(),
    header: z.string().min(1).optional(),
    scheme: z.string().optional(),
    parameter: z.string().min(1).optional(),
  })
  .refine(
    ({ at, parameter, header, scheme }) => {
      const isCookie = typeof at === 'object' && 'cookie' in at
      const isHeader = header !== undefined || scheme !== undefined
      return [isCookie, parameter !== undefined, isHeader].filter(Boolean).length < 2
    },
    {
      path: ['header'],
      error:
        'the token goes to one place: a cookie, a query "parameter", or a "header" with its "scheme"; keep one of them',
    },
  )

/** A token that the client signs itself. */
const Jwt = z.strictObject({
  type: z.literal('jwt'),
  algorithm: z.enum(Object.keys(JWT_ALGORITHMS) as [JwtAlgorithm, ...JwtAlgorithm[]]),
  key: secret(),
  keyEncoding: KeyEncoding,
  keyId: z.string().min(1).optional(),
  issuer: z.string().min(1).optional(),
  subject: z.string().min(1).optional(),
  audience: z.string().min(1).optional(),
  claims: z.record(z.string(), z.json()).optional(),
  jwtHeader: z.record(z.string(), z.json()).optional(),
  lifeSeconds: z.int().min(1).max(86_400).optional(),
  header: z.string().min(1).optional(),
  scheme: z.string().optional(),
})

/** A text that may name parts of the request that is signed. */
const Signable = z.string().superRefine((text, context) => {
  for (const one of unknownPlaceholders(text))
    context.addIssue({
      code: 'custom',
      message: `${one} is not one of ${SIGNATURE_PLACEHOLDERS.map((name) => `{${name}}`).join(' ')}`,
    })
})

/** A signature of each request. */
const Hmac = z
  .strictObject({
    type: z.literal('hmac'),
    key: secret(),
    keyEncoding: KeyEncoding,
    algorithm: z.enum(['sha1', 'sha256', 'sha384', 'sha512']).optional(),
    message: Signable.min(1),
    encoding: z.enum(['hex', 'base64', 'base64url']).optional(),
    header: z.string().min(1).optional(),
    parameter: z.string().min(1).optional(),
    value: Signable.optional(),
    headers: z.record(z.string(), Signable).optional(),
    params: z.record(z.string(), Signable).optional(),
  })
  .refine(({ header, parameter }) => (header === undefined) !== (parameter === undefined), {
    path: ['header'],
    error: 'say where the signature goes: "header", or "parameter" for the query',
  })
  .refine(({ message }) => !message.includes('{signature}'), {
    path: ['message'],
    error: 'cannot contain {signature}: it is what is signed',
  })

const WITH_TOKEN = ['client_credentials', 'refresh_token', 'session', 'jwt']

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
  Session,
  Jwt,
  Hmac,
])

/** How the API knows who asks: one way, or several together. */
export const AuthorizationConfig = z.union([
  One,
  z
    .array(One)
    .refine((all) => all.filter(({ type }) => WITH_TOKEN.includes(type)).length < 2, {
      error: `only one of ${WITH_TOKEN.join(', ')} can be sent; keep one of them`,
    })
    .refine((all) => all.filter(({ type }) => type === 'hmac').length < 2, {
      error: 'only one signature (hmac) can be sent; keep one of them',
    }),
])

import { randomUUID } from 'node:crypto'
import type { OAuth } from './authorization.ts'
import { algorithmOf, privateKeyOf, signedJwt } from './jwt.ts'

/** How long a token server may take an assertion; it is made for one request. */
const LIFE_S = 300
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/**
 * How a client that has a key, and no secret, says who it is: a token that it signs itself (RFC 7523), which authenticates
 * it or is itself what the access token is issued for.
 */
export type ClientAssertion =
  | { readonly client_assertion_type: typeof TYPE; readonly client_assertion: string }
  | { readonly grant_type: typeof GRANT; readonly assertion: string }

/**
 * Signs an assertion for one request.
 *
 * @param now milliseconds since 1970.
 * @throws SyncError `fix-config` where the private key is not one, or is of a kind that no server takes.
 */
export function clientAssertion(
  { clientId, tokenUrl, assertion = {} }: Pick<OAuth, 'clientId' | 'tokenUrl' | 'assertion'>,
  privateKey: string,
  now: number,
): ClientAssertion {
  const key = privateKeyOf(privateKey)
  const seconds = Math.floor(now / 1000)
  const header = { typ: 'JWT', ...(assertion.keyId === undefined ? {} : { kid: assertion.keyId }) }
  const { subject = assertion.grant === true ? undefined : clientId } = assertion
  const claims = {
    iss: clientId,
    ...(subject === undefined ? {} : { sub: subject }),
    aud: assertion.audience ?? tokenUrl,
    jti: randomUUID(),
    iat: seconds,
    exp: seconds + LIFE_S,
    ...assertion.claims,
  }
  const signed = signedJwt({ header, claims }, algorithmOf(key), key)
  return assertion.grant === true
    ? { grant_type: GRANT, assertion: signed }
    : { client_assertion_type: TYPE, client_assertion: signed }
}

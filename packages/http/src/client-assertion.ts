import { randomUUID } from 'node:crypto'
import type { OAuth } from './authorization.ts'
import { algorithmOf, privateKeyOf, signedJwt } from './jwt.ts'

/** How long a token server may take an assertion; it is made for one request. */
const LIFE_S = 300
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** How a client that has a key, and no secret, says who it is: a token that it signs itself (RFC 7523). */
export interface ClientAssertion {
  readonly client_assertion_type: typeof TYPE
  readonly client_assertion: string
}

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
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: assertion.audience ?? tokenUrl,
    jti: randomUUID(),
    iat: seconds,
    exp: seconds + LIFE_S,
  }
  return { client_assertion_type: TYPE, client_assertion: signedJwt({ header, claims }, algorithmOf(key), key) }
}

import { randomUUID } from 'node:crypto'
import type { Jwt } from './authorization.ts'
import { renewalOf, type Token } from './held-token.ts'
import { JWT_ALGORITHMS, privateKeyOf, secretJwt, signedJwt } from './jwt.ts'

const LIFE_S = 300

/**
 * Signs a token for the API, with the claims that it is to have.
 *
 * @param now milliseconds since 1970.
 * @throws SyncError `fix-config` where the key is not one of the algorithm.
 */
export function ownJwt(jwt: Jwt, now: number): Token {
  const { algorithm, key, keyEncoding = 'utf8', keyId, issuer, subject, audience, lifeSeconds = LIFE_S } = jwt
  const seconds = Math.floor(now / 1000)
  const header = { typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }), ...jwt.jwtHeader }
  const claims = {
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(subject === undefined ? {} : { sub: subject }),
    ...(audience === undefined ? {} : { aud: audience }),
    iat: seconds,
    exp: seconds + lifeSeconds,
    jti: randomUUID(),
    ...jwt.claims,
  }
  const isSecret = JWT_ALGORITHMS[algorithm].key === undefined
  const text = isSecret
    ? secretJwt({ header, claims }, algorithm, Buffer.from(key, keyEncoding))
    : signedJwt({ header, claims }, algorithm, privateKeyOf(key))
  return { text, renewAt: renewalOf(now, lifeSeconds * 1000) }
}

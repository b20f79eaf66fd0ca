import { createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto'
import { SyncError } from '@tidemark/core'
import type { OAuth } from './authorization.ts'

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
  const key = keyOf(privateKey)
  const { alg, hash } = algorithmOf(key)
  const seconds = Math.floor(now / 1000)
  const header = { alg, typ: 'JWT', ...(assertion.keyId === undefined ? {} : { kid: assertion.keyId }) }
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: assertion.audience ?? tokenUrl,
    jti: randomUUID(),
    iat: seconds,
    exp: seconds + LIFE_S,
  }
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return { client_assertion_type: TYPE, client_assertion: `${signed}.${signature}` }
}

/** A key from an environment variable often has its line ends written as `\n`. */
function keyOf(text: string): KeyObject {
  try {
    return createPrivateKey(text.replaceAll('\\n', '\n'))
  } catch (cause) {
    throw new SyncError(
      'the private key of the authorization is not an unencrypted key in PEM ("-----BEGIN PRIVATE KEY-----")',
      'fix-config',
      { cause },
    )
  }
}

const CURVES: Readonly<Record<string, { readonly alg: string; readonly hash: string }>> = {
  prime256v1: { alg: 'ES256', hash: 'sha256' },
  secp384r1: { alg: 'ES384', hash: 'sha384' },
  secp521r1: { alg: 'ES512', hash: 'sha512' },
}

function algorithmOf(key: KeyObject): { readonly alg: string; readonly hash: string | null } {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'rsa') return { alg: 'RS256', hash: 'sha256' }
  if (type === 'ed25519') return { alg: 'EdDSA', hash: null }
  const curve = type === 'ec' ? CURVES[details?.namedCurve ?? ''] : undefined
  if (curve !== undefined) return curve
  throw new SyncError(
    `the private key of the authorization is a ${details?.namedCurve ?? type} key, which cannot sign here; use an RSA, P-256, P-384, P-521 or Ed25519 key`,
    'fix-config',
  )
}

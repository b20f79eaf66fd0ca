import { constants, createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { SyncError } from '@tidemark/core'

interface Algorithm {
  readonly hash: string | undefined
  /** Undefined: a secret that both sides know. */
  readonly key: 'rsa' | 'ed25519' | 'prime256v1' | 'secp384r1' | 'secp521r1' | undefined
  readonly padding?: number
}

const PSS = constants.RSA_PKCS1_PSS_PADDING

/** How a token is signed (RFC 7518). */
export const JWT_ALGORITHMS = {
  HS256: { hash: 'sha256', key: undefined },
  HS384: { hash: 'sha384', key: undefined },
  HS512: { hash: 'sha512', key: undefined },
  RS256: { hash: 'sha256', key: 'rsa' },
  RS384: { hash: 'sha384', key: 'rsa' },
  RS512: { hash: 'sha512', key: 'rsa' },
  PS256: { hash: 'sha256', key: 'rsa', padding: PSS },
  PS384: { hash: 'sha384', key: 'rsa', padding: PSS },
  PS512: { hash: 'sha512', key: 'rsa', padding: PSS },
  ES256: { hash: 'sha256', key: 'prime256v1' },
  ES384: { hash: 'sha384', key: 'secp384r1' },
  ES512: { hash: 'sha512', key: 'secp521r1' },
  EdDSA: { hash: undefined, key: 'ed25519' },
} as const satisfies Readonly<Record<string, Algorithm>>
export type JwtAlgorithm = keyof typeof JWT_ALGORITHMS

export interface JwtContent {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** Signs a token with a key in PEM. @throws SyncError `fix-config` where the key is of another kind than the algorithm's. */
export function signedJwt({ header, claims }: JwtContent, algorithm: JwtAlgorithm, key: KeyObject): string {
  const { hash, key: kind, padding }: Algorithm = JWT_ALGORITHMS[algorithm]
  if (kind === undefined || kindOf(key) !== kind)
    throw new SyncError(
      `the private key of the authorization is a ${kindOf(key)} key, and ${algorithm} needs another one (${kind ?? 'a secret'})`,
      'fix-config',
    )
  const content = contentOf({ header: { alg: algorithm, ...header }, claims })
  const options = { key, dsaEncoding: 'ieee-p1363' as const, ...(padding === undefined ? {} : PSS_OPTIONS) }
  return `${content}.${sign(hash, Buffer.from(content), options).toString('base64url')}`
}

const PSS_OPTIONS = { padding: PSS, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

/** Signs a token with a secret that both sides know. */
export function secretJwt({ header, claims }: JwtContent, algorithm: JwtAlgorithm, secret: Buffer): string {
  const content = contentOf({ header: { alg: algorithm, ...header }, claims })
  return `${content}.${createHmac(JWT_ALGORITHMS[algorithm].hash!, secret).update(content).digest('base64url')}`
}

const contentOf = ({ header, claims }: JwtContent): string =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')

/** A key from an environment variable often has its line ends written as `\n`. @throws SyncError `fix-config` */
export function privateKeyOf(text: string): KeyObject {
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

/** The algorithm that servers expect of a key. @throws SyncError `fix-config` for a key that cannot sign here. */
export function algorithmOf(key: KeyObject): JwtAlgorithm {
  const kind = kindOf(key)
  const names = Object.keys(JWT_ALGORITHMS) as JwtAlgorithm[]
  const found = names.find((name) => JWT_ALGORITHMS[name].key === kind)
  if (found !== undefined) return found
  throw new SyncError(
    `the private key of the authorization is a ${kind} key, which cannot sign here; use an RSA, P-256, P-384, P-521 or Ed25519 key`,
    'fix-config',
  )
}

const kindOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string =>
  asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType ?? 'secret'

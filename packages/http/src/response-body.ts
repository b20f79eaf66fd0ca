import { pipeline, Readable } from 'node:stream'
import { TextDecoder } from 'node:util'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { SyncError } from '@tidemark/core'
import { headerOf, type ResponseHeaders } from './response-headers.ts'
import { zstdFrames } from './zstd-frames.ts'

/** A failure of the compressed stream or of what decodes it destroys both; it is seen where the decoded one is read. */
const through =
  (make: () => NodeJS.ReadWriteStream & Readable) =>
  (compressed: Readable): Readable =>
    pipeline(compressed, make(), () => {}) as unknown as Readable

const CHUNK = 64 * 1024

const DECODERS: Readonly<Record<string, (compressed: Readable) => Readable>> = {
  gzip: through(createGunzip),
  'x-gzip': through(createGunzip),
  deflate: through(createInflate),
  br: through(createBrotliDecompress),
  zstd: (compressed) => Readable.from(zstdFrames(compressed, CHUNK), { objectMode: false }),
}

/** Encodings to ask for. Decoded here and not by fetch, which takes a compressed body that is cut off for a whole one. */
export const ACCEPTED_ENCODINGS = 'gzip, br, zstd'

/** The bytes of a body as they were before compression, no more than `maxBytes` of them. */
export async function* bytesOf(
  body: Readable,
  headers: ResponseHeaders,
  { maxBytes, what }: { readonly maxBytes: number; readonly what: string },
): AsyncGenerator<Uint8Array> {
  let length = 0
  let plain: Readable = body
  for (const name of encodingsOf(headers, what)) plain = DECODERS[name]!(plain)
  try {
    for await (const chunk of plain) {
      length += (chunk as Uint8Array).length
      if (length > maxBytes) {
        throw new SyncError(
          `${what} has more than ${maxBytes} bytes; request smaller pages, or raise the limit (maxBytes; in source-rest: maxMegabytes)`,
          'fix-config',
          { code: 'too-large' },
        )
      }
      yield chunk as Uint8Array
    }
  } finally {
    // Whoever leaves early lets go of the connection too.
    plain.destroy()
    body.destroy()
  }
}

function encodingsOf(headers: ResponseHeaders, what: string): readonly string[] {
  const names = (headerOf(headers, 'content-encoding') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  // More than one is a trick: each may swell the next a thousandfold.
  const unknown = names.length > 1 ? names.join(', ') : names.find((name) => !Object.hasOwn(DECODERS, name))
  if (unknown !== undefined)
    throw new SyncError(`${what} is encoded as "${unknown.slice(0, 100)}", which was not requested`, 'fix-source', {
      code: 'encoding',
    })
  return names
}

/** Decodes bytes by the charset of the content type, UTF-8 without one. Bytes that are not of it are an error. */
export function decoderOf(headers: ResponseHeaders, what: string): TextDecoder {
  const charset = /;\s*charset\s*=\s*"?([^";\s]{1,100})/i.exec(headerOf(headers, 'content-type') ?? '')?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset, { fatal: true })
  } catch (cause) {
    throw new SyncError(`${what} declares the character set "${charset}", which is not supported`, 'fix-source', {
      cause,
      code: 'encoding',
    })
  }
}

/** Decodes a whole body, or the next piece of one. @throws SyncError `fix-source` for bytes that are not of the charset. */
export function decode(decoder: TextDecoder, what: string, bytes?: Uint8Array, stream = false): string {
  try {
    return decoder.decode(bytes, { stream })
  } catch (cause) {
    throw new SyncError(`${what} contains bytes that are not valid ${decoder.encoding}`, 'fix-source', {
      cause,
      code: 'encoding',
    })
  }
}

/** The text of a body, piece by piece. @throws SyncError `fix-source` for bytes that are not of its charset. */
export async function* textsOf(
  bytes: AsyncIterable<Uint8Array>,
  headers: ResponseHeaders,
  what: string,
): AsyncGenerator<string> {
  const decoder = decoderOf(headers, what)
  for await (const piece of bytes) yield decode(decoder, what, piece, true)
  yield decode(decoder, what)
}

const MOST_OF_AN_ERROR = 65_536

/** The beginning of the body of an error: what of it can be read is good enough. */
export async function beginningOf(body: Readable, headers: ResponseHeaders, what: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const bytes of bytesOf(body, headers, { maxBytes: 16 * MOST_OF_AN_ERROR, what })) {
      text += decoder.decode(bytes, { stream: true })
      if (text.length > MOST_OF_AN_ERROR) break
    }
  } catch {
    // Its status says what to do.
  }
  return text
}

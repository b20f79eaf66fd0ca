import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { InvalidFileError } from './invalid-file-error.ts'
import { openFile } from './open-file.ts'
import { zstdFrames } from './zstd-frames.ts'

const CHUNK = 256 * 1024

export type Compression = 'gzip' | 'zstd'

/** How a file is compressed, by its ending. */
export function compressionOf(path: string): Compression | undefined {
  if (/\.gz$/i.test(path)) return 'gzip'
  return /\.zst$/i.test(path) ? 'zstd' : undefined
}

/** Counts what a file gives. */
export interface Meter {
  /** Bytes, decompressed. */
  bytes: number
}

/**
 * The bytes of a file, decompressed. A compressed file that was cut off fails: it is never taken for a short one. At the
 * end every byte of the file was consumed, also by the decompressor, or it is an error.
 */
export async function* bytesOf(
  path: string,
  signal: AbortSignal,
  { meter, into }: { readonly meter?: Meter | undefined; readonly into?: Buffer } = {},
): AsyncGenerator<Buffer> {
  await using file = await openFile(path)
  for await (const piece of pieces(file, compressionOf(path), signal, into)) {
    if (meter !== undefined) meter.bytes += piece.length
    yield piece
  }
}

/**
 * The same, for whoever is done with a piece before the next one is asked for: all may be in one buffer. Buffers of their own
 * are freed late, and leave gaps in the memory of the process.
 */
export function passingBytesOf(path: string, signal: AbortSignal, meter?: Meter): AsyncGenerator<Buffer> {
  return bytesOf(path, signal, { meter, into: Buffer.allocUnsafeSlow(CHUNK) })
}

function pieces(
  file: FileHandle,
  compression: Compression | undefined,
  signal: AbortSignal,
  into: Buffer | undefined,
): AsyncGenerator<Buffer> {
  if (compression === undefined) return chunks(file, signal, into)
  return compression === 'zstd' ? zstdFrames(chunks(file, signal), CHUNK) : gunzipped(file, signal)
}

/** The bytes of a file as they are stored, and as many as it says to have. @param into absent: each piece has a buffer of its own. */
async function* chunks(file: FileHandle, signal: AbortSignal, into?: Buffer): AsyncGenerator<Buffer> {
  let read = 0
  for (;;) {
    signal.throwIfAborted()
    const { bytesRead, buffer } = await file.read(into ?? Buffer.allocUnsafeSlow(CHUNK), 0, CHUNK)
    if (bytesRead === 0) break
    read += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
  const { size } = await file.stat()
  if (read < size) throw new InvalidFileError(`returned only ${read} of its ${size} bytes; check its disk or network`)
}

async function* gunzipped(file: FileHandle, signal: AbortSignal): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK })
  // The stream that is iterated reports the error; the callback keeps it from being thrown a second time.
  pipeline(chunks(file, signal), gunzip, () => {})
  yield* gunzip as AsyncIterable<Buffer>
  // Node ends at a zero behind a member, and leaves alone whatever follows, also further members.
  const { size } = await file.stat()
  if (gunzip.bytesWritten < size)
    throw new InvalidFileError(
      `has other bytes after its compressed data (from byte ${gunzip.bytesWritten} on): write it again`,
    )
}

import { pipeline, Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { unlz4 } from './lz4.ts'
import { unsnapped } from './snappy.ts'
import { zstdFrames } from './zstd-frames.ts'

/** How the bytes of pages are packed, as `CompressionCodec` numbers it. */
const Codec = { none: 0, snappy: 1, gzip: 2, brotli: 4, zstd: 6, lz4: 7 } as const
export const UNPACKED = Codec.none
const CHUNK = 256 * 1024

type Unpack = (bytes: AsyncIterable<Buffer>, size: number) => AsyncIterable<Buffer>

const CODECS: Readonly<Record<number, Unpack>> = {
  [Codec.none]: (bytes) => bytes,
  [Codec.snappy]: unsnapped,
  [Codec.gzip]: (bytes) => through(bytes, createGunzip({ chunkSize: CHUNK })),
  [Codec.brotli]: (bytes) => through(bytes, createBrotliDecompress({ chunkSize: CHUNK })),
  [Codec.lz4]: unlz4,
  [Codec.zstd]: (bytes) => zstdFrames(bytes, CHUNK),
}

/** How pages of a codec are unpacked as their bytes arrive; undefined for codecs that only DuckDB knows. */
export const unpackOf = (codec: number): Unpack | undefined => CODECS[codec]

async function* through(bytes: AsyncIterable<Buffer>, unpack: Transform): AsyncGenerator<Buffer> {
  // The stream that is iterated reports the error; the callback keeps it from being thrown a second time.
  pipeline(Readable.from(bytes, { objectMode: false }), unpack, () => {})
  yield* unpack as AsyncIterable<Buffer>
}

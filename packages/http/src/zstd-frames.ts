import { pipeline, Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'

// Zstd data is any number of frames, one behind the other: `cat a.zst b.zst`, a seekable file, a log that is appended
// to. Node's decompressor stops behind the first (nodejs/node#64741), so the frames are separated here, by the sizes
// that RFC 8878 puts before each block, and each has a decompressor of its own.

const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const RAW_BLOCK = 3
const RLE = 1

/** Decompresses all frames of zstd data. @throws Error where the data ends inside a frame, or has other bytes. */
export async function* zstdFrames(bytes: AsyncIterable<Buffer>, chunkSize: number): AsyncGenerator<Buffer> {
  const input = new Input(bytes[Symbol.asyncIterator]())
  let frames = 0
  try {
    for (;;) {
      const head = await input.peek(4)
      if (head.length === 0 && frames > 0) return
      if (head.length < 4) throw frames === 0 || couldBeMagic(head) ? cutOff() : behind(input.offset, frames)
      const magic = head.readUInt32LE()
      if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) await skipFrame(input)
      else if (magic === MAGIC) yield* decompressed(frame(input), chunkSize)
      else throw behind(input.offset, frames)
      frames++
    }
  } finally {
    await input.close()
  }
}

async function* decompressed(compressed: AsyncGenerator<Buffer>, chunkSize: number): AsyncGenerator<Buffer> {
  const decompress = createZstdDecompress({ chunkSize })
  // The stream that is iterated reports the error; the callback keeps it from being thrown a second time.
  pipeline(Readable.from(compressed, { objectMode: false }), decompress, () => {})
  yield* decompress as AsyncIterable<Buffer>
}

/** The bytes of one frame: its header, its blocks, its checksum. */
async function* frame(input: Input): AsyncGenerator<Buffer> {
  const start = await input.peek(5)
  if (start.length < 5) throw cutOff()
  const descriptor = start[4]!
  const isSingle = (descriptor & 0x20) !== 0
  const contentSize = descriptor >> 6 === 0 ? (isSingle ? 1 : 0) : 1 << (descriptor >> 6)
  const dictionary = [0, 1, 2, 4][descriptor & 3]!
  yield* input.take(5 + (isSingle ? 0 : 1) + dictionary + contentSize)
  for (let isLast = false; !isLast; ) {
    const header = await input.peek(3)
    if (header.length < 3) throw cutOff()
    const block = header.readUIntLE(0, 3)
    isLast = (block & 1) === 1
    yield* input.take(RAW_BLOCK + (((block >> 1) & 3) === RLE ? 1 : block >> 3))
  }
  if ((descriptor & 4) !== 0) yield* input.take(4)
}

async function skipFrame(input: Input): Promise<void> {
  const head = await input.peek(8)
  if (head.length < 8) throw cutOff()
  for await (const _ of input.take(8 + head.readUInt32LE(4)));
}

const couldBeMagic = (head: Buffer): boolean =>
  [Buffer.from([0x28, 0xb5, 0x2f]), Buffer.from([head[0]!, 0x2a, 0x4d])].some((magic) =>
    magic.subarray(0, head.length).equals(head),
  )

const cutOff = (): Error => failed('Z_BUF_ERROR', 'unexpected end of a zstd frame')

const behind = (offset: number, frames: number): Error =>
  frames === 0
    ? failed('ZSTD_no_frame', 'does not begin with a zstd frame')
    : failed('ZSTD_bytes_behind', `bytes that are not a zstd frame from byte ${offset} on`)

const failed = (code: string, message: string): Error => Object.assign(new Error(message), { code })

/** Bytes that arrive in pieces, taken in the lengths that are needed. */
class Input {
  readonly #pieces: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  /** How many bytes were taken. */
  offset = 0

  constructor(pieces: AsyncIterator<Buffer>) {
    this.#pieces = pieces
  }

  /** The next bytes, which stay; fewer only at the end of all. */
  async peek(length: number): Promise<Buffer> {
    while (this.#rest.length < length) {
      const next = await this.#pieces.next()
      if (next.done === true) break
      this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value])
    }
    return this.#rest.subarray(0, length)
  }

  async *take(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      if (this.#rest.length === 0 && (await this.peek(1)).length === 0) throw cutOff()
      const piece = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(piece.length)
      this.offset += piece.length
      left -= piece.length
      yield piece
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}

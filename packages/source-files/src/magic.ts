import { InvalidFileError } from './invalid-file-error.ts'

// Files of other kinds begin with bytes that no text of a table begins with. Their own error says what they are: else
// the first message would say that they are not UTF-8.

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const EXPORT = 'export it as CSV, NDJSON or Parquet'
const UNPACK = 'unpack it first, or write it as .gz or .zst'

const KINDS: readonly (readonly [start: Buffer, problem: string])[] = [
  [hex('1f8b'), 'is compressed with gzip, but its name does not end in .gz: rename it'],
  [hex('28b52ffd'), 'is compressed with zstd, but its name does not end in .zst: rename it'],
  [hex('504b0304'), `is an Excel workbook (xlsx) or another zip archive: ${EXPORT}, or unpack it`],
  [hex('504b0506'), `is an empty zip archive: ${EXPORT}`],
  [hex('d0cf11e0a1b11ae1'), `is an old Excel workbook (xls) or another Office file: ${EXPORT}`],
  [hex('425a68'), `is compressed with bzip2, which cannot be read: ${UNPACK}`],
  [hex('fd377a585a00'), `is compressed with xz, which cannot be read: ${UNPACK}`],
  [hex('04224d18'), `is compressed with lz4, which cannot be read: ${UNPACK}`],
  [hex('377abcaf271c'), `is a 7z archive, which cannot be read: ${UNPACK}`],
  [hex('5041523115'), 'is a Parquet file: set the table\'s "format" to "parquet", or rename it to .parquet'],
  [hex('4f626a01'), `is an Avro file, which cannot be read: ${EXPORT}`],
  [Buffer.from('ARROW1\0\0'), `is an Arrow (Feather) file, which cannot be read: ${EXPORT}`],
  [Buffer.from('SQLite format 3\0'), 'is a SQLite database: read it with the source "sql"'],
  [Buffer.from('%PDF-'), `is a PDF document: ${EXPORT}`],
]
/** What files are compressed with that cannot be read, by their endings. */
const COMPRESSIONS: Readonly<Record<string, string>> = {
  bz2: 'bzip2',
  xz: 'xz',
  lzma: 'xz',
  lz4: 'lz4',
  '7z': '7z',
  zip: 'zip',
  br: 'Brotli',
  sz: 'Snappy',
  snappy: 'Snappy',
}

/** Why a file with such an ending cannot be read, and what to do; undefined where nothing is known of the ending. */
export function unreadable(ending: string): string | undefined {
  const name = Object.hasOwn(COMPRESSIONS, ending) ? COMPRESSIONS[ending] : undefined
  return name && `is compressed with ${name}, which cannot be read: ${UNPACK}`
}

const BZIP2 = /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/
const HTML = /^\s*<(?:!doctype\s+html|html[\s>])/i

/** @throws Broken where the first bytes of a file are those of another kind of file than a text. */
export function refuseOtherKinds(first: Buffer): void {
  const start = first.subarray(0, 256).toString('latin1')
  for (const [magic, problem] of KINDS) {
    if (!first.subarray(0, magic.length).equals(magic)) continue
    // The three letters alone may be a word.
    if (!magic.equals(hex('425a68')) || BZIP2.test(start)) throw new InvalidFileError(problem)
  }
  if (HTML.test(start))
    throw new InvalidFileError(
      'is a web page (HTML) and has no rows; it may have been saved from an address that requires a login',
    )
}

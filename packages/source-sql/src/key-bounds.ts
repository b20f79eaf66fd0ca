/** For so long a database is asked how many rows there are where. */
const ASKED_MS = 10_000

/** The most ranges that a table is cut into. */
export const MOST_RANGES = 1000

export interface Cutting {
  /** Keys as they are in the table: the smallest, and the greatest. */
  readonly min: bigint
  readonly max: bigint
  /** About so many rows are between two cuts. */
  readonly perRange: number
  /** About how many rows have a key from one on, up to and without another; by what the database knows, not by counting. */
  readonly estimate: (from: bigint, to: bigint) => Promise<number>
  /** No more is asked: what is known by then is enough. */
  readonly isOver: () => boolean
}

interface Piece {
  readonly from: bigint
  readonly to: bigint
  readonly rows: number
}

/**
 * Where to cut the keys of a table, so that about equally many rows are between two cuts, however many numbers are missing
 * between them: whatever holds too many rows is halved, and neighbours that hold few stay together. Empty: not at all.
 */
export async function keyBounds({ min, max, perRange, estimate, isOver }: Cutting): Promise<readonly bigint[]> {
  const pieces: Piece[] = [{ from: min, to: max + 1n, rows: await estimate(min, max + 1n) }]
  // Halves of a range of a thousandth of the rows are cut no further.
  while (pieces.length < 2 * MOST_RANGES && !isOver()) {
    const at = largestOf(pieces)
    const { from, to, rows } = pieces[at]!
    if (rows <= perRange || to - from < 2n) break
    const middle = from + (to - from) / 2n
    const halves = [
      { from, to: middle, rows: await estimate(from, middle) },
      { from: middle, to, rows: await estimate(middle, to) },
    ]
    pieces.splice(at, 1, ...halves)
  }
  return joined(pieces, perRange)
}

function largestOf(pieces: readonly Piece[]): number {
  let largest = 0
  for (const [at, { rows, from, to }] of pieces.entries()) {
    const isCuttable = to - from >= 2n
    if (isCuttable && (rows > pieces[largest]!.rows || pieces[largest]!.to - pieces[largest]!.from < 2n)) largest = at
  }
  return largest
}

/** Begins a range wherever the one before has enough. */
function joined(pieces: readonly Piece[], perRange: number): readonly bigint[] {
  const bounds: bigint[] = []
  let rows = 0
  for (const piece of pieces) {
    if (rows > 0 && piece.rows > 0 && rows + piece.rows > perRange * 1.25) {
      bounds.push(piece.from)
      rows = 0
    }
    rows += piece.rows
  }
  return spread(bounds, MOST_RANGES - 1)
}

/** So many of some values at most, spread over them. */
export function spread<T>(values: readonly T[], most: number): readonly T[] {
  if (values.length <= most) return values
  return Array.from({ length: most }, (_, at) => values[Math.floor(((at + 1) * values.length) / (most + 1))]!)
}

/** The same where a database has said its smallest and greatest key as texts; for so long as that may take. */
export async function keyBoundsBetween(
  { min, max }: { readonly min: string; readonly max: string },
  options: Pick<Cutting, 'perRange' | 'estimate'>,
): Promise<readonly bigint[]> {
  const startedAt = performance.now()
  const isOver = (): boolean => performance.now() - startedAt > ASKED_MS
  return await keyBounds({ ...options, min: BigInt(min), max: BigInt(max), isOver })
}

import { COLUMN_TYPE_TRAITS, COLUMN_TYPES, type ColumnType } from './column-types.ts'
import { Kind } from './kind.ts'

const bitsOf = (mask: number): number => mask.toString(2).replaceAll('0', '').length

/** Types by how many kinds they hold, the fewest first. */
const NARROWEST_FIRST = COLUMN_TYPES.flatMap((type) => {
  const { holds } = COLUMN_TYPE_TRAITS[type]
  return holds === undefined ? [] : [{ type, holds }]
}).sort((a, b) => bitsOf(a.holds) - bitsOf(b.holds))

/**
 * The type that holds every value seen, without loss; undefined where none was seen.
 *
 * @param mixed what kinds become that do not go together: text where the format knows only texts, json where it knows types
 * of its own.
 * @param known the type that the column has: a double keeps decimals that a double holds, such as `5.00`.
 */
export function typeOfKinds(kinds: number, mixed: 'text' | 'json', known?: ColumnType): ColumnType | undefined {
  if (kinds === Kind.none) return undefined
  // A text of no characters is a text beside whatever else was seen.
  const seen = (kinds & Kind.empty) === 0 ? kinds : (kinds & ~Kind.empty) | Kind.text
  if (known === 'double' && (seen & ~(COLUMN_TYPE_TRAITS.double.holds! | Kind.decimal)) === 0 && !isWhole(seen))
    return 'double'
  const narrowest = NARROWEST_FIRST.find(({ holds }) => (seen & ~holds) === 0)
  return narrowest?.type ?? ((seen & Kind.json) === 0 ? mixed : 'json')
}

const isWhole = (kinds: number): boolean => (kinds & ~COLUMN_TYPE_TRAITS.integer.holds!) === 0

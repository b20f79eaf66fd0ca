/** What a source has and the destination does not: by no failure, and by no reject. */
export interface UnreadRows {
  /** Too young, or with a cursor in the future. */
  readonly tooYoung: number
  readonly withoutCursor: number
  /** Fields that no column holds, by name. */
  readonly undeclared: readonly string[]
  /** The minimum age of a row before it is read; undefined: not known here, or not a length of time. */
  readonly minAgeMs?: number | undefined
}

const MAX_FIELDS_SHOWN = 10

/** What is not read, for people: a sentence each. */
export function unreadTexts({ tooYoung, withoutCursor, undeclared, minAgeMs = 0 }: UnreadRows): readonly string[] {
  const than = minAgeMs <= 0 ? 'too young' : `younger than ${lengthText(minAgeMs)}`
  const shown = undeclared.slice(0, MAX_FIELDS_SHOWN).join(', ')
  return [
    ...(tooYoung === 0 ? [] : [`${countedRows(tooYoung)} ${than} and ${isOrAre(tooYoung)} read by a later sync`]),
    ...(withoutCursor === 0
      ? []
      : [
          `${withoutCursor} ${withoutCursor === 1 ? 'row has' : 'rows have'} no cursor and ${isOrAre(withoutCursor)} not synced`,
        ]),
    ...(undeclared.length === 0
      ? []
      : [
          `rows have fields that no column holds: ${shown}${undeclared.length > MAX_FIELDS_SHOWN ? ` and ${undeclared.length - MAX_FIELDS_SHOWN} more` : ''}`,
        ]),
  ]
}

const isOrAre = (count: number): string => (count === 1 ? 'is' : 'are')
const countedRows = (count: number): string => `${count} ${count === 1 ? 'row' : 'rows'} ${isOrAre(count)}`

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
  [1, 'millisecond'],
]

function lengthText(ms: number): string {
  const [size, unit] = UNITS.find(([one]) => ms % one === 0) ?? [1, 'millisecond']
  const count = ms / size
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

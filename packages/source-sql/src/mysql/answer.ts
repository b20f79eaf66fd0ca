/** What a server says of a column of its answer. */
export interface AnswerColumn {
  readonly columnType?: number | undefined
  readonly characterSet?: number | undefined
}

const BINARY = 63
const INTEGERS = new Set([0x01, 0x02, 0x03, 0x08, 0x09, 0x0d])
const OTHERS: Readonly<Record<number, string>> = {
  0: 'decimal',
  246: 'decimal',
  4: 'float',
  5: 'double',
  7: 'timestamp',
  10: 'date',
  14: 'date',
  11: 'time',
  12: 'datetime',
  16: 'bit',
  245: 'json',
  255: 'geometry',
}

/** The kind of an answer: what a decoder must be made for. */
export function answeredKind({ columnType = 253, characterSet }: AnswerColumn): string {
  if (INTEGERS.has(columnType)) return 'integer'
  return OTHERS[columnType] ?? (characterSet === BINARY ? 'bytes' : 'text')
}

const WORDS: Readonly<Record<string, string>> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  year: 'integer',
  decimal: 'decimal',
  float: 'float',
  double: 'double',
  timestamp: 'timestamp',
  datetime: 'datetime',
  date: 'date',
  time: 'time',
  bit: 'bit',
}

/** The kind of answers that a column of a type gives; undefined where it differs between servers. */
export function kindOf(dataType: string): string | undefined {
  if (WORDS[dataType] !== undefined) return WORDS[dataType]
  if (/^(char|varchar|(tiny|medium|long)?text|enum|set)$/.test(dataType)) return 'text'
  return /^((var)?binary|(tiny|medium|long)?blob)$/.test(dataType) ? 'bytes' : undefined
}

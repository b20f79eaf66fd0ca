export type Row = Record<string, unknown>
/** Builds the row at a place out of columns. */
export type MakeRow = (columns: readonly ArrayLike<unknown>[], at: number) => Row

// An object literal is several times faster than setting one field after the other; very wide rows gain nothing.
const WIDEST_LITERAL = 300

/** A function that builds rows with these fields. Any text is a name, also `__proto__`. */
export function rowMaker(names: readonly string[]): MakeRow {
  if (names.length > WIDEST_LITERAL) return makeWide(names)
  // A name in brackets makes a plain field whatever it is, and a JSON text is a JavaScript string whatever it holds.
  const fields = names.map((name, at) => `[${JSON.stringify(name)}]: columns[${at}][at]`)
  return new Function('columns', 'at', `return { ${fields.join(', ')} }`) as MakeRow
}

function makeWide(names: readonly string[]): MakeRow {
  return (columns, at) => {
    const row: Row = {}
    for (let i = 0; i < names.length; i++) setField(row, names[i]!, columns[i]![at])
    return row
  }
}

/** Sets a field, also one named `__proto__`. */
export function setField(row: Row, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true })
  else row[name] = value
}

export function rowsOf(make: MakeRow, columns: readonly ArrayLike<unknown>[], count: number): Row[] {
  const rows = new Array<Row>(count)
  for (let at = 0; at < count; at++) rows[at] = make(columns, at)
  return rows
}

/** Whether every object has such a field. Where a row has none of its own, it must be set to NULL, or `toString` is a value. */
export function isInherited(name: string): boolean {
  return name in {}
}

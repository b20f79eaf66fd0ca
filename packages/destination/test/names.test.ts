import { describe, expect, it } from 'vitest'
import { clashes, tableName } from '../src/index.ts'

describe('table names', () => {
  it('that would become one are named together', () => {
    expect(clashes(['a', 'b', 'c'])).toEqual([])
    expect(clashes(['a', 'b', 'a'])).toEqual([['a', 'a']])
    expect(clashes(['Foo', 'bar', 'foo'])).toEqual([['Foo', 'foo']])
    // A name that came out of the mapper is the same table as the one that went in.
    const long = 'x'.repeat(80)
    expect(clashes([long, tableName(long)])).toEqual([[long, tableName(long)]])
    expect(clashes([`${long}a`, `${long}b`])).toEqual([])
  })
})

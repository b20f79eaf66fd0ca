import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportsOf, undocumentedIn } from './docs/undocumented.ts'

const DIST = join(import.meta.dirname, '../packages/core/dist')
const read = (name: string): string => readFileSync(join(DIST, name), 'utf8')

// What an author of a source reads where the editor shows it: the declarations as they are published.
describe('the authors’ door of core', () => {
  const exported = exportsOf(read('index.d.ts'))

  it('exports what authors write with', () => {
    expect([...exported.keys()]).toEqual(
      expect.arrayContaining(['defineSource', 'register', 'SyncError', 'TableSpec', 'days']),
    )
    expect(exported.size).toBeGreaterThan(40)
  })

  it('says what each export and each of its members is', () => {
    const files = [...new Set(exported.values())]
    const missing = files.flatMap((file) =>
      undocumentedIn({ name: file, text: read(`${file}.d.ts`) }, new Set(exported.keys())),
    )
    expect(missing).toEqual([])
  })

  it('what has no comment is found', () => {
    const text = `export interface A {
    /** Said. */
    readonly a: string;
    readonly b?: { c: number } | undefined;
    d(x: string): void;
}
/** Said. */
export declare class B {
    readonly e: number;
    constructor(f: string);
}
export declare function g(): void;
export interface H {
    i: string;
}
`
    expect(undocumentedIn({ name: 'x', text }, new Set(['A', 'B', 'g']))).toEqual([
      'x: A',
      'x: A.b',
      'x: A.d',
      'x: B.e',
      'x: B.constructor',
      'x: g',
    ])
  })
})

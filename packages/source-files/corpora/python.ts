import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Where `.ci/install-corpora` puts the corpora, and the Python that reads them. */
export const corpora = path.join(tmpdir(), 'tidemark-corpora')

/** A value of a Parquet file by pyarrow's account; `account.py` says what each means. */
export type Known =
  | null
  | { readonly b: boolean }
  | { readonly i: string }
  | { readonly f: string }
  | { readonly n: string }
  | { readonly s: string }
  | { readonly x: string }
  | { readonly json: string }
  | { readonly day: string }
  | { readonly at: string; readonly unit: Unit; readonly zone: boolean }
  | { readonly time: string; readonly unit: Unit }
  | { readonly list: readonly Known[] }
  | { readonly struct: readonly (readonly [string, Known])[] }
  | { readonly map: readonly (readonly [Known, Known])[] }

export type Unit = 's' | 'ms' | 'us' | 'ns'

/** What a reader of Python's finds in a file. */
export interface Account<Value> {
  readonly names: readonly string[]
  readonly rows: readonly (readonly Value[])[]
  readonly error?: string
}

export interface AskedFile {
  readonly path: string
  readonly encoding?: string
  readonly delimiter?: string
}

/** Runs a script of this folder in the Python that has pyarrow. */
export function python(script: string, args: readonly string[], input = ''): string {
  const program = path.join(corpora, 'python/bin/python')
  if (!existsSync(program)) throw new Error(`${program} does not exist: run .ci/install-corpora`)
  const env = { PATH: process.env['PATH'], PYTHONIOENCODING: 'utf-8', PYTHONDONTWRITEBYTECODE: '1' }
  const maxBuffer = 1024 * 1024 * 1024
  return execFileSync(program, [path.join(import.meta.dirname, script), ...args], {
    input,
    env,
    maxBuffer,
    encoding: 'utf8',
  })
}

export function accountsOf<Value>(files: readonly AskedFile[]): readonly Account<Value>[] {
  const lines = python('account.py', [], JSON.stringify(files)).trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Account<Value>)
}

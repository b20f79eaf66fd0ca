import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LineProcess, type LineProcessOptions } from '../src/index.ts'

export type Program = Partial<LineProcessOptions>

/** A file of a folder of its own. */
export function fileOf(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'tidemark-lines-')), name)
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

/** Options of a program of Node, or of any other command. */
export function programOf(code: string, more: Program = {}): LineProcessOptions {
  return {
    command: process.execPath,
    args: ['-e', code],
    subject: 'program "test"',
    lines: 'fd3',
    signal: new AbortController().signal,
    ...more,
  }
}

/** All lines of a program. */
export async function linesOf(options: LineProcessOptions): Promise<readonly string[]> {
  await using child = LineProcess.start(options)
  const all: string[] = []
  for await (const lines of child.lines()) all.push(...lines)
  return all
}

/** What a promise fails with; undefined: it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

export function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch {
    return false
  }
}

/** Waits until something is so. The test fails by its own limit of time where it never is. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20))
}

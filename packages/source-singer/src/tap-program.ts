import { type Logger, SyncError } from '@tidemark/core'
import type { SingerConfig } from './config.ts'

/** A program and its first arguments. */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
}

/** The program that a tap is: one of the package that the config names, installed first, or the one that it gives. */
export async function programOf(
  { tap, command }: SingerConfig,
  _run: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<Program> {
  if (tap === undefined) {
    const [program = '', ...args] = [command ?? []].flat()
    return { command: program, args }
  }
  throw new SyncError('not yet', 'upgrade')
}

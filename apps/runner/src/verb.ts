import { type Command, InvalidArgumentError } from 'commander'
import type { Call } from './session.ts'

/** What a verb does once its words are read. @returns the exit code. */
export type Verb = (call: Call) => Promise<number>

/** Runs a verb with the flags that stand before and after its name. */
export type Run = (command: Command, verb: Verb) => Promise<void>

/** Adds a verb to the command line: its words, its help with examples, and what it runs. */
export type AddVerb = (root: Command, run: Run) => void

/** The examples at the end of a verb's help. */
export function examples(...lines: readonly string[]): string {
  return `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`
}

/** Reads a flag that counts. */
export function countOption(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 999999.')
  return Number(text)
}

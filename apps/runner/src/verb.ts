import { type Command, InvalidArgumentError } from 'commander'
import type { Call } from './session.ts'

/** The action of a verb, after its arguments are parsed. @returns the exit code. */
export type Verb = (call: Call) => Promise<number>

/** Runs a verb with the options before and after its name. */
export type Run = (command: Command, verb: Verb) => Promise<void>

/** Adds a verb to the command line: its arguments, its help with examples, and its action. */
export type AddVerb = (root: Command, run: Run) => void

/** The examples at the end of a verb's help. */
export function examples(...lines: readonly string[]): string {
  return `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`
}

/** Parses an option that is a count. */
export function countOption(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 999999.')
  return Number(text)
}

import { createInterface } from 'node:readline/promises'
import { NO_LICENSE } from './wanted.ts'

/** Asks for the licence of a new source; of whoever cannot be asked, none is taken. */
export async function askLicense(): Promise<string> {
  if (!process.stdin.isTTY) return NO_LICENSE
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = await terminal.question(`Licence of the package, such as MIT or Apache-2.0 (${NO_LICENSE}): `)
    return answer.trim() || NO_LICENSE
  } finally {
    terminal.close()
  }
}

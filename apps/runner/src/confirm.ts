import { createInterface } from 'node:readline/promises'
import { SyncError } from '@tidemark/core'
import { oneLine } from './show/plain.ts'

/** Whether a user can answer a question here. */
export function isSomebodyThere(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** Asks for confirmation in the terminal. @throws SyncError if the answer is no, or if there is no terminal. */
export async function confirm(what: string): Promise<void> {
  const question = oneLine(what)
  if (!isSomebodyThere())
    throw new SyncError(`${question}; this is not a terminal: pass --yes to confirm`, 'fix-config', {
      code: 'not-confirmed',
    })
  const dialog = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl-C means no.
    const answer = await dialog.question(`${question}. Continue? (y/N) `).catch(() => 'no')
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new SyncError('cancelled; nothing was changed', 'fix-config', { code: 'not-confirmed' })
  } finally {
    dialog.close()
  }
}

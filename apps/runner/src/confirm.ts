import { createInterface } from 'node:readline/promises'
import { SyncError } from '@tidemark/core'
import { oneLine } from './show/plain.ts'

/** Whether a question can be asked here. */
export function isSomebodyThere(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/** Asks whoever sits at the terminal. @throws SyncError where the answer is no, or no one is there. */
export async function confirm(what: string): Promise<void> {
  const question = oneLine(what)
  if (!isSomebodyThere())
    throw new SyncError(`${question}; there is no one to ask here, so say --yes`, 'fix-config', {
      code: 'not-confirmed',
    })
  const dialog = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl-C here is a no.
    const answer = await dialog.question(`${question}. Go on? (y/N) `).catch(() => 'no')
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new SyncError('stopped; nothing was changed', 'fix-config', { code: 'not-confirmed' })
  } finally {
    dialog.close()
  }
}

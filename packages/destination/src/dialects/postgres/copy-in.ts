import type { ClientBase } from 'pg'
import { from } from 'pg-copy-streams'

/**
 * Sends a load to the server as fast as it takes it.
 *
 * @returns how many rows it took. @throws what the server says; the connection can be used again then.
 */
export async function copyIn(client: ClientBase, statement: string, chunks: Iterable<Buffer>): Promise<number> {
  const stream = client.query(from(statement))
  let failed = false
  const done = new Promise<number>((resolve, reject) => {
    stream.once('finish', () => resolve(stream.rowCount))
    stream.once('error', (error) => {
      failed = true
      // Whoever waits for room need not wait any longer.
      stream.emit('drain')
      reject(error)
    })
  })
  // It is awaited below, and may fail before.
  done.catch(() => {})
  try {
    for (const chunk of chunks) {
      if (failed) break
      if (!stream.write(chunk)) await new Promise<void>((resolve) => stream.once('drain', resolve))
    }
    if (!failed) stream.end()
  } catch (error) {
    stream.destroy(error as Error)
    await done.catch(() => {})
    throw error
  }
  return await done
}

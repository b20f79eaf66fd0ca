import { DuckDBInstance } from '@duckdb/node-api'

/** Those of the destination: within one process a file is open with one set of settings. */
const SETTINGS = {
  enable_external_access: 'false',
  allow_community_extensions: 'false',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
}

/** Runs a statement as a user would who has the file; another process cannot have it as long as a destination does. */
export async function byHand(path: string, statement: string): Promise<void> {
  const instance = await DuckDBInstance.fromCache(path, SETTINGS)
  const connection = await instance.connect()
  try {
    await connection.run(statement)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

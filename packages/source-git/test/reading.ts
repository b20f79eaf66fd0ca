import type { Changed, Logger, Table, Window } from '@tidemark/core'
import { Git } from '../src/git.ts'
import type { Repository } from '../src/repository.ts'
import { commitFiles as commitFilesTable } from '../src/tables/commit-files.ts'
import { commits as commitsTable } from '../src/tables/commits.ts'
import { refs as refsTable } from '../src/tables/refs.ts'

// The engine's view of a table has no types of its own; these are what the functions are really asked with.
type Row = Readonly<Record<string, unknown>>
interface Asked {
  readonly client: Git
  readonly partition: Repository
  readonly signal: AbortSignal
  readonly log: Logger
}
export interface Readable extends Omit<Table<Git>, 'read' | 'revision'> {
  read(question: Asked & Partial<Window<string>>): AsyncGenerator<readonly Row[]>
  revision(question: Asked & { readonly previous: string | undefined }): Promise<string | Changed<string>>
}
export const commits = commitsTable as unknown as Readable
export const commitFiles = commitFilesTable as unknown as Readable
export const refs = refsTable as unknown as Readable

export interface Said {
  readonly message: string
  readonly fields: object | undefined
}
export function listener(): Logger & { readonly said: Said[] } {
  const said: Said[] = []
  const say = (message: string, fields?: object) => void said.push({ message, fields })
  return { said, debug: say, info: say, warn: say }
}

/** The far end of a window over everything. */
export const FAR = '2100-01-01T00:00:00Z'

/** One repository, opened as the engine would. */
export class Reading {
  readonly client: Git
  readonly partition: Repository
  readonly log = listener()
  readonly stop = new AbortController()

  constructor(client: Git, partition: Repository) {
    this.client = client
    this.partition = partition
  }

  static async open(path: string, now?: () => number): Promise<Reading> {
    const client = new Git({ repositories: [path], now })
    const { signal } = new AbortController()
    const [partition] = await client.repositories({ signal, log: listener() })
    return new Reading(client, partition!)
  }

  get asked(): Asked {
    return { client: this.client, partition: this.partition, signal: this.stop.signal, log: this.log }
  }

  async rows(table: Readable, { from, to }: Partial<Window<string>> = { to: FAR }): Promise<Row[]> {
    const rows: Row[] = []
    const window = table.cursor === undefined ? {} : { from, to: to! }
    for await (const page of table.read({ ...this.asked, ...window })) {
      for (const row of page) rows.push(table.row.parse(row) as Row)
    }
    return rows
  }

  async shas(window?: Partial<Window<string>>): Promise<string[]> {
    return (await this.rows(commits, window)).map((row) => row['sha'] as string).sort()
  }

  async revision(previous?: string, table: Readable = commits): Promise<Changed<string>> {
    const answer = await table.revision({ ...this.asked, previous })
    return typeof answer === 'string' ? { revision: answer, stale: [] } : answer
  }
}

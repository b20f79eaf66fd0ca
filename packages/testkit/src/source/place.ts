import { cp, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FaultServer } from './fault-server.ts'
import type { Place, SourceTestOptions } from './options.ts'

/** A folder and a server of one law, away again with `await using`. */
export class OpenPlace implements Place, AsyncDisposable {
  readonly folder: string
  readonly server: FaultServer | undefined

  private constructor(folder: string, server: FaultServer | undefined) {
    this.folder = folder
    this.server = server
  }

  static async open({ fixtures, server }: Pick<SourceTestOptions, 'fixtures' | 'server'>): Promise<OpenPlace> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'tidemark-source-')))
    if (typeof fixtures === 'function') await fixtures(folder)
    else if (fixtures !== undefined) await cp(fixtures, folder, { recursive: true })
    return new OpenPlace(folder, server === undefined ? undefined : await FaultServer.start(server))
  }

  get url(): string {
    return this.server?.url ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
    await this.server?.close()
  }
}

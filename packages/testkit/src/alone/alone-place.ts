import type { Source } from '@tidemark/core'
import { openFaultProxy } from '../crash/fault-proxy.ts'
import { configOf } from '../source/opened.ts'
import type { Place, SourceTestOptions } from '../source/options.ts'
import { OpenPlace } from '../source/place.ts'
import { type FaultLine, proxyLine, serverLine } from './fault-line.ts'

/** Where one source of a run reads. */
export interface AlonePlace extends Place {
  /** Of the proxy in front of the system; 0 where no `port` was given. */
  readonly port: number
}

/** How a source is put beside others. */
export interface AloneOptions<Config = unknown> extends Pick<SourceTestOptions, 'fixtures' | 'server'> {
  /** What a user writes under `config`; pass a function if it needs the folder, the url or the port. */
  readonly config?: Config | ((place: AlonePlace) => Config) | undefined
  /** For systems that are read over TCP by a protocol of their own: the port on loopback where the system listens. */
  readonly port?: number | undefined
}

/** A system of one source alone, away again with `await using`. */
export class OpenAlonePlace implements AsyncDisposable {
  /** What can go wrong in front of the system; undefined where the source reads no network. */
  readonly line: FaultLine | undefined
  readonly config: unknown
  readonly #open: OpenPlace

  private constructor(open: OpenPlace, line: FaultLine | undefined, config: unknown) {
    this.#open = open
    this.line = line
    this.config = config
  }

  static async open(source: Source, options: AloneOptions): Promise<OpenAlonePlace> {
    const open = await OpenPlace.open(options)
    const proxy = options.port === undefined ? undefined : await openFaultProxy({ port: options.port })
    const line =
      proxy !== undefined ? proxyLine(proxy) : open.server !== undefined ? serverLine(open.server) : undefined
    const place: AlonePlace = { folder: open.folder, url: open.url, port: proxy?.port ?? 0 }
    return new OpenAlonePlace(open, line, configOf(source, options as SourceTestOptions, place))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The server of the place is closed by the place; a proxy is its own.
    if (this.#open.server === undefined) await this.line?.close()
    await this.#open[Symbol.asyncDispose]()
  }
}

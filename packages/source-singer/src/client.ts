import { parseCatalog, type Selection, selectStreams } from './catalog.ts'
import { type SingerConfig, streamOptions } from './config.ts'
import type { SelectedStream } from './selected-stream.ts'
import type { StreamTable } from './stream-table.ts'
import { Tap } from './tap.ts'

/** What a tap said of a stream beside its catalog: it is a table as soon as the engine asks for them again. */
export interface FoundStream {
  readonly schema: Readonly<Record<string, unknown>>
  readonly key: readonly string[]
}

/** What one run knows of a tap. */
export class SingerClient {
  readonly config: SingerConfig
  readonly tap: Tap
  /** The tables as the engine has them, by the streams' names. */
  tables: ReadonlyMap<string, StreamTable> = new Map()
  /** By the streams' names. */
  readonly found = new Map<string, FoundStream>()
  #selection: Selection | undefined
  /** Streams of the catalog, selected or not, by all names that messages may use. */
  #catalogNames: ReadonlySet<string> = new Set()

  constructor(config: SingerConfig) {
    this.config = config
    this.tap = new Tap(config)
  }

  /** The catalog with its choice; undefined: the tap takes none. Asks the tap once. */
  async selection(run: Parameters<Tap['discover']>[0]): Promise<Selection | undefined> {
    if (this.config.catalogOption === 'none') return undefined
    if (this.#selection === undefined) {
      const entries = parseCatalog(await this.tap.discover(run), this.tap.subject)
      this.#catalogNames = new Set(
        entries.flatMap((entry) => [entry['tap_stream_id'], entry['stream']].filter((one) => typeof one === 'string')),
      )
      this.#selection = selectStreams(entries, this.config)
    }
    return this.#selection
  }

  /** Whether a stream that is not a table was left out: the tap sends it all the same. */
  isLeftOut(stream: string): boolean {
    return this.#catalogNames.has(stream) || streamOptions(this.config, stream).selected === false
  }

  /** A stream that the catalog does not have, with all its properties. */
  streamOf(name: string, { schema, key }: FoundStream): SelectedStream {
    const options = streamOptions(this.config, name)
    const columns = { name, messageNames: [name], schema, key: options.primaryKey ?? key }
    return { ...columns, method: options.method, omitted: new Set(options.omit), options }
  }
}

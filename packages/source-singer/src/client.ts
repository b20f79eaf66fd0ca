import { parseCatalog, type Selection, selectStreams } from './catalog.ts'
import { isSelected, type SingerConfig, streamOptions } from './config.ts'
import { parseMessage } from './message.ts'
import type { SelectedStream } from './selected-stream.ts'
import type { StreamTable } from './stream-table.ts'
import { Tap, type TapRun } from './tap.ts'

/** A stream that a tap sends though its catalog does not have it: a table as soon as the engine asks for them again. */
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
  #hasLooked = false
  #selection: Promise<Selection> | undefined
  /** Streams of the catalog, selected or not, by all names that messages may use. */
  #catalogNames: ReadonlySet<string> = new Set()

  constructor(config: SingerConfig) {
    this.config = config
    this.tap = new Tap(config)
  }

  /** The catalog with its choice; undefined: the tap takes none. Asks the tap once, and again after a failure. */
  async selection(run: TapRun): Promise<Selection | undefined> {
    if (this.config.catalogOption === 'none') return undefined
    this.#selection ??= this.#discover(run).catch((error: unknown) => {
      this.#selection = undefined
      throw error
    })
    return await this.#selection
  }

  async #discover(run: TapRun): Promise<Selection> {
    const entries = parseCatalog(await this.tap.discover(run), this.tap.subject)
    if (entries.length === 0)
      run.log.warn(`${this.tap.subject} discovered no streams, so there is nothing to read; check its config`)
    this.#catalogNames = new Set(
      entries.flatMap((entry) => [entry['tap_stream_id'], entry['stream']].filter((one) => typeof one === 'string')),
    )
    return selectStreams(entries, this.config)
  }

  isInCatalog(stream: string): boolean {
    return this.#catalogNames.has(stream)
  }

  /** Whether the config leaves a stream out that the catalog does not have. */
  isLeftOut(stream: string): boolean {
    return isSelected(this.config, stream) === false
  }

  /**
   * Runs a tap that has no catalog until it has sent the schemas of some streams, or of its first one, and stops it: what its tables are is
   * known by that alone.
   *
   * @param names streams of which the schema is wanted; without any, the first one that the tap sends.
   */
  async lookForStreams(names: readonly string[], run: TapRun): Promise<void> {
    if (this.#hasLooked) return
    this.#hasLooked = true
    const missing = new Set(names)
    for await (const lines of this.tap.sync({ ...run, catalog: undefined, state: undefined })) {
      for (const line of lines) {
        const message = parseMessage(line)
        if (message?.type !== 'SCHEMA') continue
        if (!this.found.has(message.stream)) this.found.set(message.stream, message)
        missing.delete(message.stream)
        if (missing.size === 0) return
      }
    }
  }

  /** A stream that the catalog does not have, with all its properties. */
  streamOf(name: string, { schema, key }: FoundStream): SelectedStream {
    const options = streamOptions(this.config, name)
    const columns = { name, messageNames: [name], schema, key: options.primaryKey ?? key }
    return { ...columns, method: options.method, omitted: new Set(options.omit), options }
  }
}

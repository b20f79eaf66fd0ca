import { SyncError, suggestion } from '@tidemark/core'
import { exactJsonText, parseJson } from '@tidemark/core/values'
import { isSelected, matchesPattern, type SingerConfig, streamOptions } from './config.ts'
import { isObject } from './message.ts'
import { type CatalogEntry, type SelectedStream, selectStream } from './selected-stream.ts'

/** The streams of a tap that are read, and the catalog that says so to it. */
export interface Selection {
  readonly streams: readonly SelectedStream[]
  /** The file for the tap. */
  readonly text: string
}

/** @throws SyncError `fix-source` for what is not a catalog. @param output what the tap printed when it discovered its streams. */
export function parseCatalog(output: string, tap: string): readonly CatalogEntry[] {
  const catalog = jsonIn(output)
  if (!isObject(catalog) || !Array.isArray(catalog['streams']) || !catalog['streams'].every(isObject))
    throw new SyncError(
      `${tap} discovered no catalog: its output is not a JSON object with a list of "streams"; set config.catalogOption to "none" if the tap does not discover its streams`,
      'fix-config',
      { code: 'tap-catalog' },
    )
  return catalog['streams'] as readonly CatalogEntry[]
}

/** The JSON object of an output in which log lines may come before it. */
function jsonIn(output: string): unknown {
  for (let at = output.indexOf('{'); at !== -1; at = output.indexOf('\n{', at) + 1 || -1) {
    try {
      return parseJson(output.slice(at))
    } catch {
      // A log line that begins with a brace.
    }
  }
  return undefined
}

/**
 * Chooses the streams that are read, as the config says, else as the tap does by default, and writes that into the catalog where old and
 * new taps look for it.
 *
 * @throws SyncError `fix-config` where the config names what the catalog does not have.
 */
export function selectStreams(entries: readonly CatalogEntry[], config: SingerConfig): Selection {
  const names = entries.map(nameOfEntry)
  checkNames(names, config)
  const chosen = entries.map((entry) => choose(entry, config))
  return {
    streams: chosen.flatMap(({ stream }) => stream ?? []),
    text: exactJsonText({ streams: chosen.map(({ entry }) => entry) }),
  }
}

function choose(entry: CatalogEntry, config: SingerConfig): ReturnType<typeof selectStream> {
  const name = nameOfEntry(entry)
  return selectStream(entry, name, { options: streamOptions(config, name), selected: isSelected(config, name) })
}

/** The name of a stream, unique in the catalog. */
function nameOfEntry(entry: CatalogEntry): string {
  const name = entry['tap_stream_id'] ?? entry['stream']
  if (typeof name === 'string' && name !== '') return name
  throw new SyncError(
    'a stream of the tap’s catalog has no "tap_stream_id"; report it to the tap’s author',
    'fix-source',
  )
}

function checkNames(names: readonly string[], { streams, select }: SingerConfig): void {
  const fail = (path: string, name: string): never => {
    throw new SyncError(
      `config.${path} names "${name}", which is not a stream of the tap; ${suggestion(name, [...names], 'streams')}`,
      'fix-config',
    )
  }
  for (const name of Object.keys(streams)) if (!names.includes(name)) fail('streams', name)
  for (const pattern of select) if (!names.some((name) => matchesPattern(name, pattern))) fail('select', pattern)
}

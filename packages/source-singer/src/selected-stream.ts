import { SyncError, suggestion } from '@tidemark/core'
import { METHODS, type Method, type StreamOptions } from './config.ts'
import { isObject, namesIn } from './message.ts'

/** A stream of a catalog, as the tap wrote it. */
export type CatalogEntry = Readonly<Record<string, unknown>>

/** A stream that is read. */
export interface SelectedStream {
  /** Its name in the catalog: the name of the table, too. */
  readonly name: string
  /** What its messages may call it. */
  readonly messageNames: readonly string[]
  readonly schema: Readonly<Record<string, unknown>>
  /** The columns that identify a row; empty where there are no such columns. */
  readonly key: readonly string[]
  /** Undefined: nothing is known of it. */
  readonly method: Method | undefined
  /** Properties that the tap does not send. */
  readonly omitted: ReadonlySet<string>
  readonly options: StreamOptions
}

interface Choice {
  readonly options: StreamOptions
  /** Undefined: as the tap selects it. */
  readonly selected: boolean | undefined
}

interface Chosen {
  /** With the choice in it, for the tap. */
  readonly entry: CatalogEntry
  /** Undefined: it is not read. */
  readonly stream: SelectedStream | undefined
}

interface Metadata {
  readonly breadcrumb: readonly unknown[]
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Writes into a stream's entry of the catalog whether and how it is read. */
export function selectStream(entry: CatalogEntry, name: string, { options, selected }: Choice): Chosen {
  const all = metadataOf(entry)
  const own = all.find(({ breadcrumb }) => breadcrumb.length === 0)?.metadata ?? {}
  const isRead = own['inclusion'] !== 'unsupported' && (selected ?? own['selected-by-default'] !== false)
  if (!isRead) return { entry: unselected(entry, all, own), stream: undefined }
  const schema = isObject(entry['schema']) ? entry['schema'] : {}
  const omitted = omittedOf({ name, schema, all, options })
  const method = methodOf(entry, own, options)
  const replicationKey = method === 'INCREMENTAL' ? replicationKeyOf(entry, own, options) : undefined
  if (options.method === 'INCREMENTAL' && method === 'INCREMENTAL' && replicationKey === undefined)
    throw new SyncError(
      `config.streams.${name}.method is INCREMENTAL, and the tap suggests no column for it; name one as replicationKey`,
      'fix-config',
    )
  const key = options.primaryKey ?? keyOf(entry, own)
  const stream = typeof entry['stream'] === 'string' ? [entry['stream']] : []
  return {
    entry: {
      ...entry,
      selected: true,
      replication_method: method,
      ...(replicationKey === undefined ? {} : { replication_key: replicationKey }),
      ...(options.primaryKey === undefined ? {} : { key_properties: options.primaryKey }),
      schema: { ...schema, selected: true, ...selectedProperties(schema, omitted) },
      metadata: selectedMetadata({ all, own, schema, omitted, method, replicationKey, key: options.primaryKey }),
    },
    stream: { name, messageNames: [...new Set([name, ...stream])], schema, key, method, omitted, options },
  }
}

function metadataOf({ metadata }: CatalogEntry): readonly Metadata[] {
  if (!Array.isArray(metadata)) return []
  return metadata.filter((one) => isObject(one) && Array.isArray(one['breadcrumb']) && isObject(one['metadata']))
}

function unselected(entry: CatalogEntry, all: readonly Metadata[], own: Metadata['metadata']): CatalogEntry {
  const schema = isObject(entry['schema']) ? { schema: { ...entry['schema'], selected: false } } : {}
  const others = all.filter(({ breadcrumb }) => breadcrumb.length > 0)
  return {
    ...entry,
    selected: false,
    ...schema,
    metadata: [{ breadcrumb: [], metadata: { ...own, selected: false } }, ...others],
  }
}

/** The property of a breadcrumb of one; undefined for the stream itself and for what is inside of a property. */
function propertyOf({ breadcrumb }: Metadata): string | undefined {
  return breadcrumb.length === 2 && breadcrumb[0] === 'properties' ? String(breadcrumb[1]) : undefined
}

const namesOf = (schema: CatalogEntry): readonly string[] =>
  isObject(schema['properties']) ? Object.keys(schema['properties']) : []

function omittedOf({
  name,
  schema,
  all,
  options: { omit },
}: {
  readonly name: string
  readonly schema: CatalogEntry
  readonly all: readonly Metadata[]
  readonly options: StreamOptions
}): ReadonlySet<string> {
  const known = namesOf(schema)
  const inclusion = new Map(all.map((one) => [propertyOf(one), one.metadata['inclusion']]))
  for (const one of omit) {
    const fail = (problem: string): never => {
      throw new SyncError(`config.streams.${name}.omit names "${one}", which ${problem}`, 'fix-config')
    }
    if (!known.includes(one)) fail(`the stream does not have; ${suggestion(one, [...known], 'properties')}`)
    if (inclusion.get(one) === 'automatic') fail('the tap always sends; remove it there')
  }
  const left = all.filter(
    ({ metadata }) =>
      metadata['inclusion'] === 'unsupported' ||
      (metadata['selected-by-default'] === false && metadata['inclusion'] !== 'automatic'),
  )
  return new Set([...omit, ...left.flatMap((one) => propertyOf(one) ?? [])])
}

/** What the tap forces, what the config says, what the tap suggests. */
function methodOf(entry: CatalogEntry, own: Metadata['metadata'], options: StreamOptions): Method {
  const asked = [
    own['forced-replication-method'],
    options.method,
    own['replication-method'],
    entry['replication_method'],
  ]
  const known = asked.find((one): one is Method => METHODS.includes(one as Method))
  if (known !== undefined) return known
  return replicationKeyOf(entry, own, options) === undefined ? 'FULL_TABLE' : 'INCREMENTAL'
}

function replicationKeyOf(entry: CatalogEntry, own: Metadata['metadata'], options: StreamOptions): string | undefined {
  const [first] = namesIn(own['valid-replication-keys'])
  const asked = [options.replicationKey, own['replication-key'], entry['replication_key'], first]
  return asked.find((one): one is string => typeof one === 'string' && one !== '')
}

function keyOf(entry: CatalogEntry, own: Metadata['metadata']): readonly string[] {
  const places = [entry['key_properties'], own['table-key-properties'], own['view-key-properties']]
  return places.map(namesIn).find((names) => names.length > 0) ?? []
}

/** Where taps looked for the choice before there was metadata. */
function selectedProperties(schema: CatalogEntry, omitted: ReadonlySet<string>): CatalogEntry {
  if (!isObject(schema['properties'])) return {}
  const properties = Object.entries(schema['properties']).map(([name, one]) => [
    name,
    isObject(one) ? { ...one, selected: !omitted.has(name) } : one,
  ])
  return { properties: Object.fromEntries(properties) }
}

function selectedMetadata({
  all,
  own,
  schema,
  omitted,
  method,
  replicationKey,
  key,
}: {
  readonly all: readonly Metadata[]
  readonly own: Metadata['metadata']
  readonly schema: CatalogEntry
  readonly omitted: ReadonlySet<string>
  readonly method: Method
  readonly replicationKey: string | undefined
  readonly key: readonly string[] | undefined
}): readonly Metadata[] {
  const choice = {
    selected: true,
    'replication-method': method,
    ...(replicationKey === undefined ? {} : { 'replication-key': replicationKey }),
    ...(key === undefined ? {} : { 'view-key-properties': key }),
  }
  const described = new Set(all.map(propertyOf))
  const inner = all.filter(({ breadcrumb }) => breadcrumb.length > 0)
  const undescribed = namesOf(schema).filter((name) => !described.has(name))
  return [
    { breadcrumb: [], metadata: { ...own, ...choice } },
    ...inner.map((one) => ({ ...one, metadata: { ...one.metadata, selected: isPropertySelected(one, omitted) } })),
    ...undescribed.map((name) => ({
      breadcrumb: ['properties', name],
      metadata: { inclusion: 'available', selected: !omitted.has(name) },
    })),
  ]
}

function isPropertySelected({ breadcrumb, metadata }: Metadata, omitted: ReadonlySet<string>): boolean {
  if (metadata['inclusion'] === 'unsupported') return false
  return !omitted.has(String(breadcrumb[1])) && (breadcrumb.length <= 2 || metadata['selected-by-default'] !== false)
}

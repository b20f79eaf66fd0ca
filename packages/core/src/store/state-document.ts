import { z } from 'zod'
import { SyncError } from '../contract/error.ts'
import { isInt64 } from '../values/int64.ts'
import type { Contents } from './relocation.ts'
import { RecordedSchema, STATE_VERSION, TableStatus } from './state.ts'
import {
  type FieldType,
  RECORD_KINDS,
  type RecordChunk,
  type RecordKind,
  STATE_RECORDS,
  type StateRecord,
} from './state-columns.ts'
import { textSum } from './text-sum.ts'

/** A 64-bit integer: digits in a text, because a number of JSON holds 53 bits. */
const Integer = z
  .string()
  .regex(/^-?\d{1,19}$/, 'not a 64-bit integer, written as a string of digits')
  .transform((text) => BigInt(text))
  .refine(isInt64, 'beyond 64 bits')
const Text = z
  .string()
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'contains characters that databases cannot store')

const FIELDS: Readonly<Record<FieldType, z.ZodType<string | bigint | null>>> = {
  text: Text,
  'text?': Text.nullable(),
  integer: Integer,
  id: Integer,
  'integer?': Integer.nullable(),
}

function recordSchema(kind: RecordKind) {
  const fields: Readonly<Record<string, FieldType>> = STATE_RECORDS[kind]
  return z.strictObject(Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, FIELDS[type]])))
}

/** Records of what was done. */
const LEFT_BEHIND = ['runs', 'steps', 'folded_runs', 'folded_steps'] as const satisfies readonly RecordKind[]

const KnownContents = z.object({ rows: z.int().nonnegative(), hash: z.string() })

/** The form of an exported state: one JSON document. Runs and steps are not exported. */
const StateDocument = z.object({
  tidemark: z.literal('state'),
  version: z.int(),
  exported_at: z.string(),
  /** The checksum of the rest. */
  sum: z.string(),
  /** What each table held then; null: it did not exist. */
  contents: z.record(z.string(), KnownContents.nullable()),
  records: z.object(
    Object.fromEntries(exportedKinds().map((kind) => [kind, z.array(recordSchema(kind))])) as {
      readonly [K in ExportedKind]: z.ZodArray<ReturnType<typeof recordSchema>>
    },
  ),
})

export type ExportedKind = Exclude<RecordKind, (typeof LEFT_BEHIND)[number]>
export function exportedKinds(): readonly ExportedKind[] {
  const left: readonly RecordKind[] = LEFT_BEHIND
  return RECORD_KINDS.filter((kind) => !left.includes(kind)) as readonly ExportedKind[]
}

/** Earlier versions wrote one name otherwise. */
function withPresentNames(document: object): object {
  const { exportedAt, ...rest } = document as { readonly exportedAt?: unknown }
  return exportedAt === undefined ? document : { exported_at: exportedAt, ...rest }
}

/** An exported state, as read back. */
export interface WrittenState {
  readonly exportedAt: string
  readonly contents: ReadonlyMap<string, Contents | null>
  readonly records: readonly RecordChunk[]
}

/** The document of a state. Integers stay exact. */
export function writeState(
  { contents, records }: Pick<WrittenState, 'contents' | 'records'>,
  exportedAt: string,
): unknown {
  const byKind: Record<string, unknown[]> = Object.fromEntries(exportedKinds().map((kind) => [kind, []]))
  for (const { kind, records: some } of records) byKind[kind]?.push(...some.map(written))
  const rest = { contents: Object.fromEntries(contents), records: byKind }
  return { tidemark: 'state', version: STATE_VERSION, exported_at: exportedAt, sum: sumOf(rest), ...rest }
}

/** A checksum over what a document holds, however it is formatted; it has no secret and only detects accidental edits. */
function sumOf({ contents, records }: { readonly contents?: unknown; readonly records?: unknown }): string {
  return textSum(JSON.stringify([contents, records]))
}

function written(record: StateRecord): object {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  )
}

/** @throws SyncError that says what is wrong with the document: `upgrade` if a newer Tidemark wrote it. */
export function readStateDocument(text: string): WrittenState {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw refused(`is not JSON: ${(cause as Error).message}`, cause)
  }
  const { tidemark, version } = (json ?? {}) as { readonly tidemark?: unknown; readonly version?: unknown }
  if (tidemark !== 'state') throw refused('is not a document that "tidemark state export" wrote')
  if (typeof version === 'number' && version > STATE_VERSION) {
    throw new SyncError(
      `the state document has version ${version}, and this Tidemark supports versions up to ${STATE_VERSION}; install the newer Tidemark that wrote it`,
      'upgrade',
      { code: 'state-newer' },
    )
  }
  if (version !== STATE_VERSION)
    throw refused(`has version ${String(version)}; this Tidemark reads version ${STATE_VERSION}, so export it again`)
  const parsed = StateDocument.safeParse(withPresentNames(json as object))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw refused(`was changed: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`, parsed.error)
  }
  const { contents, records, exported_at: exportedAt } = parsed.data
  check(records.tables)
  const names = new Set(records.tables.map(({ name }) => name))
  for (const kind of exportedKinds()) {
    if (kind === 'feeds') continue
    for (const { name } of records[kind])
      if (!names.has(name!)) throw refused(`was changed: it has ${kind} of "${String(name)}", but no such table`)
  }
  checkRanges(records)
  if (parsed.data.sum !== sumOf(json as object)) throw refused('was changed: its checksum does not match')
  return {
    exportedAt,
    contents: new Map(Object.entries(contents)),
    records: exportedKinds().map((kind) => ({ kind, records: records[kind] as readonly StateRecord[] })),
  }
}

function check(tables: readonly StateRecord[]): void {
  for (const { name, status, schema } of tables) {
    if (!TableStatus.safeParse(status).success)
      throw refused(`was changed: the table "${String(name)}" has the status "${String(status)}"`)
    if (schema !== null) checkSchema(String(name), String(schema))
  }
}

interface RangeRecords {
  readonly coverage: readonly StateRecord[]
  readonly refreshed_ranges: readonly StateRecord[]
  readonly resyncs: readonly StateRecord[]
}

function checkRanges({ coverage, refreshed_ranges: refreshed, resyncs }: RangeRecords): void {
  const ofKeys = refreshed.map(({ name, from_key, to_key }) => ({ name, from_position: from_key, to_position: to_key }))
  for (const { name, from_position: from, to_position: to } of [...coverage, ...ofKeys, ...resyncs]) {
    if (typeof from === 'bigint' && typeof to === 'bigint' && to < from)
      throw refused(`was changed: a range of the table "${String(name)}" ends at ${to}, before it begins at ${from}`)
  }
}

function checkSchema(name: string, schema: string): void {
  try {
    RecordedSchema.parse(JSON.parse(schema))
  } catch (cause) {
    throw refused(`was changed: the schema of the table "${name}" cannot be read`, cause)
  }
}

function refused(problem: string, cause?: unknown): SyncError {
  return new SyncError(
    `the state document ${problem}; export it with "tidemark state export state.json" and do not edit it`,
    'fix-config',
    { code: 'state-document', cause },
  )
}

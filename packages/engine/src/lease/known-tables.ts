import { type KnownTable, RecordedSchema, type StateRecord } from '@tidemark/core/engine'

/** The tables of a state's records that have a shape, so that they have rows to look at. */
export function knownTables(records: readonly StateRecord[]): readonly KnownTable[] {
  return records.flatMap(({ name, schema }) =>
    schema === null || schema === undefined
      ? []
      : [{ name: String(name), schema: RecordedSchema.parse(JSON.parse(String(schema))) }],
  )
}

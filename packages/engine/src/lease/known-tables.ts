import { Facts, type KnownTable, type StateRecord } from '@tidemark/core/engine'

/** The tables of a state's records that have a shape, so that they have rows to look at. */
export function knownTables(records: readonly StateRecord[]): readonly KnownTable[] {
  return records.flatMap(({ name, facts }) =>
    facts === null || facts === undefined
      ? []
      : [{ name: String(name), facts: Facts.parse(JSON.parse(String(facts))) }],
  )
}

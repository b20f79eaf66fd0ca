import type { StateDialect } from './state-dialect.ts'

/** A dialect that asks whether a table of the state exists until it does. None is dropped while its destination is open. */
export function remembersTables(dialect: StateDialect): StateDialect {
  const known = new Set<string>()
  return {
    ...dialect,
    hasTable: async (db, name) => {
      if (known.has(name)) return true
      const exists = await dialect.hasTable(db, name)
      if (exists) known.add(name)
      return exists
    },
  }
}

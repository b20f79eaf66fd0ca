// Run by wrong-destinations.test.ts in a process of its own: here the laws fail.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { afterEach, beforeEach, describe } from 'vitest'
import type { TestDatabase } from '../../src/index.ts'
import type { Mutation } from './mutation.ts'
import { MUTATIONS } from './mutations.ts'

/** A destination of which some members are others. */
function broken(right: Destination, { breaks }: Mutation): Destination {
  const other = breaks(right)
  return new Proxy(right, {
    get(target, name) {
      const value: unknown = Reflect.get(Object.hasOwn(other, name) ? other : target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function databaseOf(mutation: Mutation | undefined): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-wrong-'))
  return {
    execute: async (statement) => {
      const database = new DatabaseSync(join(folder, 'test.db'))
      database.exec(statement)
      database.close()
    },
    async connect(options) {
      const right = await openDestination({ url: join(folder, 'test.db'), ...options })
      return mutation === undefined ? right : broken(right, mutation)
    },
    remove: async () => rmSync(folder, { recursive: true }),
  }
}

for (const [name, mutation] of Object.entries(MUTATIONS)) {
  describe(name, () => {
    let current: TestDatabase
    beforeEach(() => {
      current = databaseOf(mutation)
    })
    afterEach(() => current.remove())
    mutation.laws(() => current)
  })
}

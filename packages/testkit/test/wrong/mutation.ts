import type { Destination } from '@tidemark/core/engine'
import type { TestDatabase } from '../../src/index.ts'

type Laws = (database: () => TestDatabase) => void

/** A destination that breaks one promise, the laws that must notice, and one that must be among those that fail. */
export interface Mutation {
  readonly laws: Laws
  readonly notices: string
  /** What is other than in the right destination. */
  readonly breaks: (right: Destination) => Partial<Destination>
}

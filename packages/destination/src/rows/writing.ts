import type { Dialect, Session } from '../dialects/dialect.ts'
import type { Target } from '../dialects/target.ts'

/** A table that is written, in one transaction of one database. */
export interface Writing {
  readonly dialect: Dialect
  readonly session: Session
  readonly target: Target
}

import type { Project } from '@tidemark/core/engine'
import type { LeaseOptions } from '../../state/leases.ts'

export interface PostgresOptions extends Omit<LeaseOptions, 'flavor'> {
  readonly schema: string
  readonly project?: Project | undefined
}

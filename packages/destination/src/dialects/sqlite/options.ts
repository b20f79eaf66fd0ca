import type { Project } from '@tidemark/core/engine'
import type { LeaseOptions } from '../../state/lease-options.ts'

export interface SqliteOptions extends Omit<LeaseOptions, 'flavor'> {
  readonly path: string
  readonly busyMs: number
  readonly project?: Project | undefined
}

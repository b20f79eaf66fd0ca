import type { Lease } from '@tidemark/core/engine'

/** Where nothing is written, nobody holds the table. */
export const NO_LEASE: Lease = { id: 0, table: '', fence: 0 }

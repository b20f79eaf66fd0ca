/**
 * Moments of a run at which a test may kill, stop, break or slow down this process. What happens there is not part of
 * the product: nothing, unless a test has put an action into the slot (`@tidemark/testkit/crash` does). A point that is
 * not used costs one look at the slot, a few times a transaction.
 */
export const FAILPOINTS = [
  /** A batch is ready and no transaction is open. */
  'before-batch',
  /** The first statement of a transaction has passed: this runner still holds the table. */
  'after-fence',
  'after-rows',
  'after-rejects',
  /** Every transaction, also those of leases, shapes and state changes. */
  'before-commit',
  /** COMMIT is done and nobody knows yet. */
  'after-commit',
  /** All is done but the report. */
  'before-report',
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

// Two copies of core may meet in one process.
const SLOT = Symbol.for('tidemark.failpoint')
const slot = globalThis as { [SLOT]?: ((point: Failpoint) => void) | undefined }

/** Does what a test wants to happen at this point. */
export function failpoint(point: Failpoint): void {
  slot[SLOT]?.(point)
}

/** Says what happens at failpoints from now on; undefined: nothing. */
export function onFailpoint(action: ((point: Failpoint) => void) | undefined): void {
  slot[SLOT] = action
}

import type { Runner } from '@tidemark/core/engine'

/** Whoever only looks is not a runner: it holds nothing and records nothing. */
export const NO_RUNNER: Runner = { id: '', host: '', pid: 0, startedAt: 0n }

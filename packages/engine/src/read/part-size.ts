/** Small enough that a batch dies young in the heap: peak memory is lower and steady (docs/decisions/0008). */
export const DEFAULT_PART = { rows: 12_000, bytes: 16 * 1024 * 1024 }

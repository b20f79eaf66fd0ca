/**
 * The version of the contract between a source and the engine. `defineSource` stamps it into every source, so that a
 * runner recognizes a source built for a contract that it does not support. `docs/contract.md` says what raises it.
 */
export const CONTRACT = 2
/** The contract of a source without feeds: an older runner reads it as well. */
export const CONTRACT_WITHOUT_FEEDS = 1

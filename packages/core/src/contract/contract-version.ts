/**
 * The version of the contract between a source and the engine. `defineSource` stamps it into every source, so that a
 * runner knows a source built for a contract that it does not speak. `docs/contract.md` says what raises it.
 */
export const CONTRACT = 1

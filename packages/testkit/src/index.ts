export type { ConnectOptions, TestDatabase } from './destination/world.ts'
export { testDestination } from './destination-conformance.ts'

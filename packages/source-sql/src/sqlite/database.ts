import type { Database } from '../database.ts'
export const Sqlite = undefined as unknown as new (...args: unknown[]) => Database

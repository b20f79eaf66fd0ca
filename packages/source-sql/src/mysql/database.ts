import type { Database } from '../database.ts'
export const MySql = undefined as unknown as new (...args: unknown[]) => Database

export { clashes, tableName } from './names.ts'
export { type OpenOptions, openDestination, pathOf } from './open.ts'

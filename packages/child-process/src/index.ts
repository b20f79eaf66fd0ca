export { LineProcess } from './line-process.ts'
export type { LineLimits, LineProcessOptions, LogLine, ProcessEnding } from './line-process-options.ts'

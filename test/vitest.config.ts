import { mergeConfig } from 'vitest/config'
import { inLanes } from '../vitest.base.ts'

// Tests wait for compilers, commands and a database. The walk through a clean clone has its own configuration.
export default mergeConfig(inLanes('.'), { test: { testTimeout: 300_000, hookTimeout: 300_000 } })

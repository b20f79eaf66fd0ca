import { mergeConfig } from 'vitest/config'
import { inLanes } from '../vitest.base.ts'

// Tests wait for compilers, commands and a database. The walk through a clean clone has its own configuration.
export default mergeConfig(
  inLanes({ all: '*.test.ts', slow: ['{docs-code,readmes,ten-systems,values,ways-out}.test.ts'] }),
  {
    test: { testTimeout: 300_000, hookTimeout: 300_000 },
  },
)

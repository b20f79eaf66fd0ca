import { mergeConfig } from 'vitest/config'
import base from '../../vitest.base.ts'

// The templates have tests too, which run in the packages that are made of them.
export default mergeConfig(base, { test: { include: ['test/**/*.test.ts'] } })

import { mergeConfig } from 'vitest/config'
import lanes, { lane } from '../../vitest.base.ts'

export default lane === 'fast' ? lanes : mergeConfig(lanes, { test: { globalSetup: ['test/servers.ts'] } })

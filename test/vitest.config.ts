import { inLanes } from '../vitest.base.ts'

// The walk through a clean clone has its own configuration.
export default inLanes('.')

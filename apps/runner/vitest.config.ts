import { mergeConfig } from 'vitest/config'
import lanes from '../../vitest.base.ts'

/** A page is waited for, too: slow is not broken. */
export default mergeConfig(lanes, { test: { expect: { poll: { timeout: 30_000 } } } })

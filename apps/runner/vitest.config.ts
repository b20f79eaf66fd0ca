import { mergeConfig } from 'vitest/config'
import base from '../../vitest.base.ts'

/** A page is waited for, too: slow is not broken. */
export default mergeConfig(base, { test: { expect: { poll: { timeout: 30_000 } } } })

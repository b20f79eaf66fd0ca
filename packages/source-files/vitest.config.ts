import { inLanes } from '../../vitest.base.ts'

export default inLanes({
  slow: [
    'test/{alone,at-rest,bad-files,conformance,corpora,formats,killers,late-fields,odd-files,parquet-{answers,exact,invalid,wide},process}.test.ts',
  ],
})

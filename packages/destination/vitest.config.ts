import { inLanes } from '../../vitest.base.ts'

export default inLanes({
  slow: [
    'test/{processes,staging}.test.ts',
    'test/postgres-{broken,crash,encodings,locks,processes,refusals,schema,sessions,tables,tls,unavailable,ways}.test.ts',
  ],
})

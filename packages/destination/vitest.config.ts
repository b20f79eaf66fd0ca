import { inLanes } from '../../vitest.base.ts'

export default inLanes({
  slow: [
    'test/{precedence,processes,staging,state-tables}.test.ts',
    'test/postgres-{broken,crash,encodings,locks,processes,refusals,schema,sessions,tables,tls,unavailable,ways}.test.ts',
  ],
})

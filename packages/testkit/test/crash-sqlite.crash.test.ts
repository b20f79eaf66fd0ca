import { testChunkCrashes } from './chunk-crash-laws.ts'
import { testCrashes } from './crash-laws.ts'
import { testFeedCrashes } from './feed-crash-laws.ts'
import { sqlitePlaces } from './places.ts'
import { testRunners } from './runner-laws.ts'

testCrashes(sqlitePlaces)
testFeedCrashes(sqlitePlaces)
testChunkCrashes(sqlitePlaces)
testRunners(sqlitePlaces)

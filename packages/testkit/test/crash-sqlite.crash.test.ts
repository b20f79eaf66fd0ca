import { testCrashes } from './crash-laws.ts'
import { testFeedCrashes } from './feed-crash-laws.ts'
import { sqlitePlaces } from './places.ts'
import { testRunners } from './runner-laws.ts'

testCrashes(sqlitePlaces)
testFeedCrashes(sqlitePlaces)
testRunners(sqlitePlaces)

import { testChunkCrashes } from './chunk-crash-laws.ts'
import { testCrashes } from './crash-laws.ts'
import { testFeedCrashes } from './feed-crash-laws.ts'
import { postgresPlaces } from './postgres-server.ts'
import { testRunners } from './runner-laws.ts'

// In a file of their own, so that they run beside those of crash-postgres.test.ts, which stop their server.
const places = postgresPlaces()
testCrashes(places)
testFeedCrashes(places)
testChunkCrashes(places)
testRunners(places)

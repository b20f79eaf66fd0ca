import { testCrashes } from './crash-laws.ts'
import { sqlitePlaces } from './places.ts'
import { testRunners } from './runner-laws.ts'

testCrashes(sqlitePlaces)
testRunners(sqlitePlaces)

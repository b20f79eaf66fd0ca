import { afterEach, beforeEach, describe } from 'vitest'
import { testCommit } from './destination/commit-laws.ts'
import { testComparisons } from './destination/comparison-laws.ts'
import type { TestDatabase } from './destination/destination-under-test.ts'
import { testFailures } from './destination/failure-laws.ts'
import { testFedRows } from './destination/fed-row-laws.ts'
import { testFeeds } from './destination/feed-laws.ts'
import { testKeyRanges } from './destination/key-range-laws.ts'
import { testLater } from './destination/later-laws.ts'
import { testLeases } from './destination/lease-laws.ts'
import { testLimits } from './destination/limit-laws.ts'
import { testNames } from './destination/name-laws.ts'
import { testPartitions } from './destination/partition-laws.ts'
import { testProperties } from './destination/properties.ts'
import { testRangesAtOnce } from './destination/ranges-at-once-laws.ts'
import { testRecords } from './destination/record-laws.ts'
import { testRejectLimit } from './destination/reject-limit-laws.ts'
import { testRelocations } from './destination/relocation-laws.ts'
import { testResyncs } from './destination/resync-laws.ts'
import { testRetention } from './destination/retention-laws.ts'
import { testRunColumn } from './destination/run-column-laws.ts'
import { testSchema } from './destination/schema-laws.ts'
import { testStaging } from './destination/staging-laws.ts'
import { testState } from './destination/state-laws.ts'
import { testValues } from './destination/value-laws.ts'
import { testWindowLeases } from './destination/window-lease-laws.ts'

export interface DestinationSuite {
  /** How many random examples each property check uses (40). */
  readonly examples?: number | undefined
}

/**
 * Checks what every destination must do, as a vitest suite. It only uses the interface of the destination.
 *
 * @param open creates an empty database; called once per test.
 */
export function testDestination(
  name: string,
  open: () => Promise<TestDatabase>,
  { examples }: DestinationSuite = {},
): void {
  describe(`destination ${name}`, () => {
    let current: TestDatabase
    beforeEach(async () => {
      current = await open()
    })
    afterEach(() => current.remove())
    const database = () => current
    testCommit(database)
    testRejectLimit(database)
    testLater(database)
    testStaging(database)
    testRunColumn(database)
    testKeyRanges(database)
    testRangesAtOnce(database)
    testPartitions(database)
    testResyncs(database)
    testLeases(database)
    testWindowLeases(database)
    testFeeds(database)
    testFedRows(database)
    testState(database)
    testFailures(database)
    testRecords(database)
    testRetention(database)
    testValues(database)
    testNames(database)
    testLimits(database)
    testSchema(database)
    testComparisons(database)
    testRelocations(database)
    testProperties(database, examples)
  })
}

import type { Source } from '@tidemark/core'
import { entryOf } from './entry.ts'
import { BrokenLaw, type Law } from './law.ts'
import { refuseOldOptions, type SourceTestOptions } from './options.ts'
import { SourceUnderTest } from './source-under-test.ts'
import { Waivers } from './waivers.ts'

/** Checks one law. @throws BrokenLaw with the smallest examples, or what the source threw on the way. */
export async function checkLaw(
  law: Law,
  source: Source,
  options: SourceTestOptions,
  testFile?: string | undefined,
): Promise<void> {
  refuseOldOptions(options)
  const waivers = new Waivers(options.waive)
  const world = new SourceUnderTest(source, options, waivers, law.name, entryOf(options.entry, testFile))
  const findings = await law.check(world)
  if (findings.length > 0) throw new BrokenLaw(law, findings)
}

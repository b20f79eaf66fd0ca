import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { packAll } from './packed.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The tarball of each package that is published, by its name. */
    readonly tarballs: readonly (readonly [string, string])[]
  }
}

/** Builds and packs once for all files: two builds at a time would write over what the other one packs. */
export default async function packOnce(project: TestProject): Promise<() => void> {
  const into = mkdtempSync(join(tmpdir(), 'tidemark-packed-'))
  project.provide('tarballs', [...(await packAll(fileURLToPath(new URL('../..', import.meta.url)), into))])
  return () => rmSync(into, { recursive: true, force: true })
}

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What a measure found, by name. */
export type Found = Readonly<Record<string, number>>

/** Runs one measure in a process of its own, so that none warms up or fills the heap of another. */
export async function inProcess(measure: string, ...args: readonly string[]): Promise<Found> {
  const script = fileURLToPath(new URL(`./measures/${measure}.ts`, import.meta.url))
  const { stdout } = await run(process.execPath, [script, ...args], { maxBuffer: 1 << 24 })
  return JSON.parse(stdout) as Found
}

/** Gives a measure an empty folder and prints what it found as JSON. */
export async function report(measure: (folder: string) => Promise<Found>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'))
  try {
    console.log(JSON.stringify(await measure(folder)))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export async function seconds(work: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

/** The most memory this process had, in megabytes. */
export function peakMegabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024)
}

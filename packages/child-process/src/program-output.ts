import { LineProcess } from './line-process.ts'
import type { LineProcessOptions } from './line-process-options.ts'

/** All lines that a short program writes to its stdout. @throws SyncError as `LineProcess`. */
export async function outputOf(
  options: Omit<LineProcessOptions, 'lines'>,
  onLine: (line: string) => void = () => {},
): Promise<readonly string[]> {
  await using child = LineProcess.start({ ...options, lines: 'stdout' })
  const all: string[] = []
  for await (const lines of child.lines()) {
    for (const line of lines) onLine(line)
    all.push(...lines)
  }
  return all
}

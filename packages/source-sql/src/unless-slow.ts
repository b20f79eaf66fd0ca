/** The answer to a question that may be left open: undefined where it failed, or took longer than it may. */
export async function unlessSlow<T>(
  withinMs: number | undefined,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  if (withinMs === undefined) return await ask()
  try {
    return await ask()
  } catch (error) {
    if (signal.aborted) throw error
    return undefined
  }
}

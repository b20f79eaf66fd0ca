import type { Reader } from '@tidemark/destination'

export interface LateReaderOptions {
  /** Whether the database exists by now. */
  readonly isThere: () => Promise<boolean>
  readonly open: () => Promise<Reader>
  /** Stands in until it does: empty. */
  readonly empty: Omit<Reader, 'mark' | 'markEveryMs'>
}

const EVERY_MS = 1000

/** A reader of a database that the first sync has yet to create: empty until then. Whoever asks for its mark finds out. */
export function lateReader({ isThere, open, empty }: LateReaderOptions): Reader {
  let found: Reader | undefined
  let opening: Promise<void> | undefined
  const current = (): LateReaderOptions['empty'] => found ?? empty
  const look = async (): Promise<void> => {
    if (found !== undefined || !(await isThere())) return
    found = await open()
    await empty.close()
  }
  return {
    markEveryMs: EVERY_MS,
    async mark() {
      opening ??= look().finally(() => {
        opening = undefined
      })
      await opening
      return found === undefined ? 'none' : await found.mark()
    },
    get profile() {
      return current().profile
    },
    get relocation() {
      return current().relocation
    },
    nameOf: (...given) => current().nameOf(...given),
    problemOf: (...given) => current().problemOf(...given),
    now: () => current().now(),
    state: (...given) => current().state(...given),
    read: (...given) => current().read(...given),
    compare: (...given) => current().compare(...given),
    preview: (...given) => current().preview(...given),
    query: (...given) => current().query(...given),
    runLog: (...given) => current().runLog(...given),
    close: () => current().close(),
  }
}

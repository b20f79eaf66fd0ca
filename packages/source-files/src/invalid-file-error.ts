import { SyncError } from '@tidemark/core'

/** What is wrong inside a file, found by the code that reads it; `failure` adds the file's name. */
export class InvalidFileError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Broken'
  }
}

const SYSTEM: Readonly<Record<string, { readonly problem: string; readonly remedy: 'retry' | 'fix-config' }>> = {
  ENOENT: { problem: 'disappeared after it was listed; the next run lists the files again', remedy: 'retry' },
  EACCES: { problem: 'cannot be read: give the user that runs Tidemark permission to read it', remedy: 'fix-config' },
  EPERM: { problem: 'cannot be read: give the user that runs Tidemark permission to read it', remedy: 'fix-config' },
  EISDIR: { problem: 'is a folder: let "path" name the files in it, such as folder/*.csv', remedy: 'fix-config' },
  Z_BUF_ERROR: {
    problem: 'is cut off: its compressed data ends too early; write it again in full',
    remedy: 'fix-config',
  },
  Z_DATA_ERROR: {
    problem: 'is damaged: its compressed data is wrong; write it again, or rename it if it is not compressed',
    remedy: 'fix-config',
  },
  ZSTD_no_frame: {
    problem: 'is not compressed with zstd, although its name says so: rename it, or write it again',
    remedy: 'fix-config',
  },
  ZSTD_bytes_behind: {
    problem: 'has other bytes after its compressed data: write it again',
    remedy: 'fix-config',
  },
}

/** Turns an error thrown while reading a file into one that names the file, the problem and the way out. */
export function failure(path: string, error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason
  if (SyncError.is(error)) return error
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  const known = code === undefined ? undefined : SYSTEM[code]
  if (known !== undefined) return new SyncError(`file ${path} ${known.problem}`, known.remedy, { cause: error })
  if (error instanceof InvalidFileError)
    return new SyncError(`file ${path} ${error.message}`, 'fix-config', { cause: error.cause })
  if (code?.startsWith('ZSTD_error_'))
    return new SyncError(
      `file ${path} is damaged: its compressed data is wrong (${message}); write it again`,
      'fix-config',
      { cause: error },
    )
  if (code?.startsWith('E')) return new SyncError(`file ${path} cannot be read: ${message}`, 'retry', { cause: error })
  return error
}

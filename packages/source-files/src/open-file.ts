import { type FileHandle, open } from 'node:fs/promises'

/**
 * Opens a file to read; `await using` closes it. Under Plug'n'Play of Yarn, `open` gives handles of Yarn's own, which know nothing of `using`.
 */
export async function openFile(path: string): Promise<FileHandle> {
  const file: FileHandle = await open(path)
  const close = { [Symbol.asyncDispose]: () => file.close() }
  return file[Symbol.asyncDispose] === undefined ? Object.assign(file, close) : file
}

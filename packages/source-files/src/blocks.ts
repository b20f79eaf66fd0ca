import { InvalidFileError } from './invalid-file-error.ts'

/** Some rows, column by column. */
export interface Block {
  readonly columns: readonly (readonly unknown[])[]
  readonly count: number
}

interface Taking {
  readonly blocks: AsyncGenerator<Block>
  block: Block
  at: number
  isOver: boolean
}

const NONE: Block = { columns: [], count: 0 }

/** Puts columns that are read apart beside one another, as many rows at a time as all of them have at hand. */
export async function* zipped(streams: readonly AsyncGenerator<Block>[]): AsyncGenerator<Block> {
  const all = streams.map((blocks): Taking => ({ blocks, block: NONE, at: 0, isOver: false }))
  try {
    for (;;) {
      for (const one of all) await fill(one)
      if (all.every(({ isOver }) => isOver)) return
      const count = Math.min(...all.map(({ block, at }) => block.count - at))
      if (count === 0)
        throw new InvalidFileError('is damaged: its columns have different numbers of rows; write it again')
      yield { columns: all.flatMap(({ block, at }) => block.columns.map((one) => one.slice(at, at + count))), count }
      for (const one of all) one.at += count
    }
  } finally {
    for (const { blocks } of all) await blocks.return(undefined)
  }
}

async function fill(one: Taking): Promise<void> {
  while (one.at === one.block.count && !one.isOver) {
    const next = await one.blocks.next()
    one.isOver = next.done === true
    one.block = next.value ?? NONE
    one.at = 0
  }
}

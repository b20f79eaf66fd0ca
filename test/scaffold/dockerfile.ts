/** One instruction of a Dockerfile. */
export interface Instruction {
  readonly word: string
  readonly rest: string
}

/** The instructions of a Dockerfile without lines that continue, in their order. */
export function instructionsOf(text: string): readonly Instruction[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ word: line.split(' ')[0]!, rest: line.slice(line.indexOf(' ') + 1) }))
}

import type { OverviewAnswer } from '../answers.ts'
import { Text } from './text.tsx'

/** Who shares the windows of the sources, how many wait, and which failed. */
export function WorkersNotice({ answer }: { readonly answer: OverviewAnswer }) {
  if (answer.work.length === 0) return null
  return (
    <ul class="soft" aria-label="Workers">
      {answer.work.map((line) => (
        <li key={line}>
          <Text>{line}</Text>
        </li>
      ))}
    </ul>
  )
}

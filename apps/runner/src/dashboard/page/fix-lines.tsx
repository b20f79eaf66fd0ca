import type { TableLine } from '../answers.ts'
import { CopyLine } from './copy-button.tsx'
import { Text } from './text.tsx'

/** How to fix a failure, the command, and where to read more. */
export function FixLines({ fix }: { readonly fix: NonNullable<TableLine['fix']> }) {
  const { what, when, command, see } = fix
  return (
    <>
      <p class="soft">
        How to fix: <Text>{`${what}; ${when}:`}</Text>
      </p>
      <CopyLine text={command} label="the command" />
      <p class="soft">
        See <Text>{see}</Text>
      </p>
    </>
  )
}

import { format } from './format.ts'

const HEIGHT = 22
const STEP = 4

/** Rows of the newest runs as small bars, newest on the right. */
export function Sparkline({ values }: { readonly values: readonly (number | null)[] }) {
  const known = values.filter((value) => value !== null)
  const most = Math.max(1, ...known)
  const total = known.reduce((sum, value) => sum + value, 0)
  const last = known.at(-1)
  const label =
    last === undefined
      ? 'not in the newest runs'
      : `${format.count(total)} rows in ${format.plural(known.length, 'run')}, ${format.count(last)} in the newest`
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${values.length * STEP} ${HEIGHT}`}
      width={values.length * STEP}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {values.map((value, at) => {
        // Square roots, so that an initial load does not flatten all later bars.
        const height = value === null ? 0 : value === 0 ? 1 : Math.max(2, Math.sqrt(value / most) * (HEIGHT - 2))
        return (
          // The position is the identity of a bar
          <rect
            key={at}
            class={value === 0 ? 'none' : ''}
            x={at * STEP}
            y={HEIGHT - height}
            width={STEP - 1.5}
            height={height}
          />
        )
      })}
    </svg>
  )
}

import { useState } from 'preact/hooks'

const KEY = 'tidemark-dense'

/** Whether tables are shown in one line each: as many as fit the screen. */
export function DenseButton() {
  const [isDense, setDense] = useState(document.documentElement.dataset['dense'] === 'yes')
  const change = (): void => {
    document.documentElement.dataset['dense'] = isDense ? 'no' : 'yes'
    setDense(!isDense)
    try {
      localStorage.setItem(KEY, isDense ? 'no' : 'yes')
    } catch {
      // Without storage the choice lasts until the page is closed.
    }
  }
  return (
    <button type="button" class="quiet" aria-pressed={isDense} onClick={change}>
      Dense
    </button>
  )
}

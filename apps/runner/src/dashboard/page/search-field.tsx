import { useEffect, useRef, useState } from 'preact/hooks'
import { type Place, router } from './router.ts'

export interface SearchFieldProps {
  /** `Search tables`. */
  readonly label: string
  /** The query parameter that holds the text. */
  readonly word: string
  readonly place: Place
}

const TYPING_MS = 180

/** A text that a list is searched by: kept in the address, a moment after the last letter. */
export function SearchField({ label, word, place }: SearchFieldProps) {
  const asked = place.search.get(word) ?? ''
  const [text, setText] = useState(asked)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const typed = useRef(asked)
  useEffect(() => {
    // After a link or the back button the field follows the address.
    if (asked !== typed.current) setText(asked)
    typed.current = asked
  }, [asked])
  const type = (value: string): void => {
    setText(value)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      typed.current = value
      router.go(router.with({ [word]: value, page: '' }), 'replace')
    }, TYPING_MS)
  }
  return (
    <label>
      <span class="hidden">{label}</span>
      <input
        type="search"
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
      />
    </label>
  )
}

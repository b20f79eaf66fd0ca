const PATHS = {
  check: 'M3.500 8.500l3 3 6-7',
  down: 'M8 3v9m0 0L4.500 8.500M8 12l3.500-3.500',
  cross: 'M4.500 4.500l7 7m0-7l-7 7',
  pause: 'M5.500 4v8m5-8v8',
  plus: 'M8 3.500v9M3.500 8h9',
  back: 'M13 8a5 5 0 1 1-1.500-3.500M12 2v3H9',
  gone: 'M3.500 8h9',
  play: 'M5.500 3.500v9l7-4.500z',
  copy: 'M5.500 5.500v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2M3.500 5.500h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.500v1M8 13.500v1M1.500 8h1M13.500 8h1M3.400 3.400l.7.7M11.900 11.900l.7.7M3.400 12.600l.7-.7M11.900 4.100l.7-.7',
  moon: 'M13 9.500A5.500 5.500 0 1 1 6.500 3a4.500 4.500 0 0 0 6.500 6.500z',
  warn: 'M8 2.500l6 10.500H2zM8 6.500v3M8 11.300v.2',
} as const

/** A small decorative icon; the word beside it has the meaning for screen readers. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}

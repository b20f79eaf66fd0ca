import { format } from './format.ts'

/** Text from a source or a database: shown as it is, isolated from the surrounding text. */
export function Text({ children, class: name }: { readonly children: string; readonly class?: string }) {
  return <bdi class={name}>{format.visible(children)}</bdi>
}

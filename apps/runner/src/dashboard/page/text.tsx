import { format } from './format.ts'

/** Text that a source or a database holds: shown as it is, kept apart from what stands around it. */
export function Text({ children, class: name }: { readonly children: string; readonly class?: string }) {
  return <bdi class={name}>{format.visible(children)}</bdi>
}

import { useState } from 'preact/hooks'
import { Icon } from './icon.tsx'

/** A command or a query, and a button that copies it. */
export function CopyLine({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no')
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied('yes')
    } catch {
      setCopied('failed')
    }
    setTimeout(() => setCopied('no'), 2000)
  }
  return (
    <div class="copyline">
      <code>{text}</code>
      <button type="button" class="quiet" aria-label={`Copy ${label}`} onClick={copy}>
        <Icon name={copied === 'yes' ? 'check' : 'copy'} />
        <span role="status">{copied === 'yes' ? 'Copied' : copied === 'failed' ? 'Copy it manually' : 'Copy'}</span>
      </button>
    </div>
  )
}

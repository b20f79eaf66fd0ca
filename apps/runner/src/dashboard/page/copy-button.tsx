import { useState } from 'preact/hooks'
import { Icon } from './icon.tsx'

interface CopyProps {
  readonly text: string
  readonly label: string
}

/** A command or a query, and a button that copies it. */
export function CopyLine({ text, label }: CopyProps) {
  return (
    <div class="copyline">
      <code>{text}</code>
      <CopyButton text={text} label={label} />
    </div>
  )
}

/** The same for several lines. */
export function CopyBlock({ text, label }: CopyProps) {
  return (
    <div class="copyline block">
      <pre>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label={label} />
    </div>
  )
}

function CopyButton({ text, label }: CopyProps) {
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
    <button type="button" class="quiet" aria-label={`Copy ${label}`} onClick={copy}>
      <Icon name={copied === 'yes' ? 'check' : 'copy'} />
      <span role="status">{copied === 'yes' ? 'Copied' : copied === 'failed' ? 'Copy it manually' : 'Copy'}</span>
    </button>
  )
}

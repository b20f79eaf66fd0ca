import { createTransport } from 'nodemailer'
import type { Delivery } from './decide-notices.ts'

// A file of its own in the package, loaded where mail is sent: it imports nothing of this repository.

export interface Mailing {
  readonly smtp: string
  readonly from: string
  readonly to: string | readonly string[]
}

export interface Mail {
  /** Names the mail, at every attempt the same. */
  readonly id: string
  readonly subject: string
  readonly text: string
}

const TIMEOUT_MS = 10_000

/** Sends a mail as plain text through a mail server. */
export async function sendEmail({ smtp, from, to }: Mailing, { id, subject, text }: Mail): Promise<Delivery> {
  const transport = createTransport({
    // What it says counts before what follows: smtp://…?requireTLS=false
    url: smtp,
    requireTLS: isSecretSentAway(smtp),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
    // A mail is text and nothing else: no file and no address is opened for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    await transport.sendMail({
      from,
      to: [to].flat(),
      subject,
      text,
      messageId: `<${id}@tidemark>`,
    })
    return { outcome: 'delivered' }
  } catch (error) {
    return {
      outcome: mayHaveArrived(error) ? 'unknown' : 'refused',
      message: error instanceof Error ? error.message : String(error),
    }
  } finally {
    transport.close()
  }
}

/** A password goes over no network in the clear. */
function isSecretSentAway(smtp: string): boolean {
  const { password, hostname } = new URL(smtp)
  return password !== '' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/** A server that answers has decided; one that does not, after it was given the text, may have. */
function mayHaveArrived(error: unknown): boolean {
  const { responseCode, command } = error as { readonly responseCode?: unknown; readonly command?: unknown }
  return responseCode === undefined && command === 'DATA'
}

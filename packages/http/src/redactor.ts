import { createMasker } from '@tidemark/core/values'

/** Takes secrets out of texts, in every form that they may have taken on the way. */
export interface Redactor {
  /** Makes more texts secret, such as an access token that was just given. */
  add(...secrets: readonly string[]): void
  redact(text: string): string
}

export function createRedactor(secrets: readonly string[] = []): Redactor {
  const masker = createMasker()
  masker.add(secrets)
  return { add: (...more) => masker.add(more), redact: (text) => masker.redact(text) }
}

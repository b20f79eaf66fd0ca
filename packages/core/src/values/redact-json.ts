/**
 * A JSON text, or the beginning of one, with secrets taken out of its texts. Names and numbers stay: they do not hold
 * a secret, and a short one may look like them.
 */
export function redactJson(json: string, redact: (text: string) => string): string {
  return json.replace(/"(?:[^"\\]|\\.)*(?:"(?<name>\s*:)?|$)/gs, (text: string, name: string | undefined) => {
    if (name !== undefined) return text
    const shown = redact(text)
    return shown === text ? text : asText(shown, redact, text)
  })
}

/** The text of a whole value, so that what is hidden in it ends no quote. */
function asText(shown: string, redact: (text: string) => string, text: string): string {
  try {
    return JSON.stringify(redact(JSON.parse(text) as string))
  } catch {
    return shown
  }
}

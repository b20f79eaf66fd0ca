/** The path under which a proxy serves the dashboard, without a slash at its end; empty: the root. */
export const BASE_PATH = document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? ''

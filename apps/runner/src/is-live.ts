/** Whether lines can be redrawn on this stream: an interactive terminal that supports it. */
export function isLive(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  const { CI = '', NO_COLOR = '', TERM } = environment
  const isCi = CI !== '' && CI !== 'false' && CI !== '0'
  return stream.isTTY === true && !isCi && NO_COLOR === '' && TERM !== 'dumb'
}

/** What the first example of a page gives a source named `shop`, with a value for each variable. @param source as the example imports it. */
export function exampleConfig(page: string, source: string): Record<string, unknown> {
  const code = /```ts\n(?:import .*\n)+([\s\S]*?)```/
    .exec(page)![1]!
    .replace('export default defineConfig(', 'return (')
  const env = (name: string): string => `value of ${name}`
  const configure = (config: unknown): unknown => config
  const made = new Function('env', source, code)(env, { configure }) as { sources: { shop: Record<string, unknown> } }
  return made.sources.shop
}

import { defineConfig } from 'tsup'

// What the dashboard's server hands to a browser. A build of its own: another platform, and names that stay.
export default defineConfig({
  entry: { app: 'src/dashboard/page/app.tsx', theme: 'src/dashboard/page/theme.ts' },
  outDir: 'dist/page',
  publicDir: 'src/dashboard/page/public',
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  tsconfig: 'src/dashboard/page/tsconfig.json',
  noExternal: [/./],
  minify: true,
  splitting: false,
  sourcemap: false,
  clean: false,
  dts: false,
})

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

/** The pictures of the documentation are taken by walks where this names their folder. */
const IMAGES = process.env['TIDEMARK_IMAGES']

export async function picture(page: Page, name: string): Promise<void> {
  if (IMAGES === undefined) return
  mkdirSync(IMAGES, { recursive: true })
  await page.screenshot({ path: join(IMAGES, `${name}.png`), animations: 'disabled' })
}

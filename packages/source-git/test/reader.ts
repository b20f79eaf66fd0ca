// Reads the tables of one repository, in a process of its own with little memory, and says what it took.
import { setTimeout as sleep } from 'node:timers/promises'
import { commitFiles, commits, FAR, Reading } from './reading.ts'

const reading = await Reading.open(process.argv[2]!)
const before = process.memoryUsage()
const start = performance.now()
const report: Record<string, number> = { peak: 0, largest: 0 }
const measure = () => {
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  report['peak'] = Math.max(report['peak']!, arrayBuffers - before.arrayBuffers + heapUsed - before.heapUsed)
}

await reading.revision()
measure()
report['revisionMs'] = performance.now() - start
for (const [name, table] of Object.entries({ commits, commitFiles })) {
  const begin = performance.now()
  let rows = 0
  for await (const page of table.read({ ...reading.asked, to: FAR })) {
    // While nobody takes the next page, nothing may pile up.
    if (rows === 0) await sleep(300)
    rows += page.length
    report['largest'] = Math.max(report['largest']!, page.length)
    measure()
  }
  report[name] = rows
  report[`${name}Ms`] = performance.now() - begin - 300
}
process.stdout.write(JSON.stringify(report))

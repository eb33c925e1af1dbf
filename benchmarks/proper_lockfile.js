// Count up in a login with proper-lockfile, as a worker of locked_update.py does.
const fs = require('fs'), lockfile = require('proper-lockfile')
const [path, tenant, hold] = process.argv.slice(2)
const sleep = ms => new Promise(done => setTimeout(done, ms))
const update = async (change) => {
  const release = await lockfile.lock(path, { retries: { retries: 100000, factor: 1, minTimeout: 1, maxTimeout: 50 } })
  const top = JSON.parse(fs.readFileSync(path))
  await change(top)
  fs.writeFileSync(path, JSON.stringify(top, null, 2))
  await release()
}
const main = async () => {
  if (hold) await update(async () => { console.log('held'); await sleep(600000) })
  console.log('ready')
  for await (const until of require('readline').createInterface({ input: process.stdin })) {
    let count = 0, slowest = 0
    do {
      const begun = process.hrtime.bigint()
      await update(async top => { top[tenant].expires_at += 1 })
      count += 1
      slowest = Math.max(slowest, Number(process.hrtime.bigint() - begun) / 1e9)
    } while (Date.now() / 1000 < Number(until))
    console.log(JSON.stringify([count, slowest]))
  }
}
main()

// The GPU suites on both software drivers (setup.sh), then the page in Chromium. `npm run gpu -- [--only lavapipe|swiftshader|here|browser] [--quick] [TEST ...]`
// `here` is the adapter that the machine has by itself. A driver that gives no adapter is a failure.
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const args = process.argv.slice(2)
const taken = args.indexOf('--only')
const only = taken < 0 ? undefined : args.splice(taken, 2)[1]
const quick = args.includes('--quick')
const chosen = args.filter(a => !a.startsWith('--'))

const drivers = Object.fromEntries(execFileSync('bash', ['tests/webgpu/setup.sh'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim().split('\n').map(line => line.split(' ')))
if (only === 'here') drivers.here = process.env.VK_DRIVER_FILES
const tellAdapter = `
  const gpu = (await import('webgpu')).create([])
  const adapter = await gpu.requestAdapter()
  console.log(adapter ? adapter.info.description || adapter.info.device : 'no adapter')
  process.exit(adapter ? 0 : 1)`
let failed = 0
function step(name, command, given, driver) {
  const began = performance.now()
  const env = { MALLOC_ARENA_MAX: '1', XDG_RUNTIME_DIR: root + '.cache', ...process.env, ...(driver && { VK_DRIVER_FILES: driver }), ...(quick && { QUICK: '1' }) }
  const { status, signal } = spawnSync(command, given, { cwd: root, stdio: 'inherit', env })
  console.log(`== ${name}: ${status === 0 ? 'passed' : `FAILED (${signal ?? status})`} in ${((performance.now() - began) / 1000).toFixed(0)} s\n`)
  if (status !== 0) failed++
  return status === 0
}
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'tests/webgpu/vitest.config.ts']

for (const [name, driver] of Object.entries(drivers)) {
  if (only !== undefined && only !== name) continue
  if (!step(`${name}: adapter`, process.execPath, ['--input-type=module', '-e', tellAdapter], driver)) continue
  if (chosen.length === 0) step(`${name}: node tests`, process.execPath, ['tests/webgpu/conformance.mjs'], driver)
  if (chosen.length === 0) step(`${name}: many runs`, process.execPath, ['--expose-gc', 'tests/webgpu/endurance.mjs', ...(quick ? ['--quick'] : [])], driver)
  step(`${name}: tests`, process.execPath, [...vitest, '--exclude', 'tests/webgpu/browser.test.ts', ...(chosen.length === 0 ? ['--exclude', 'tests/webgpu/node.test.ts'] : chosen)], driver)
}
if ((only ?? 'browser') === 'browser' && chosen.length === 0) step('browser', process.execPath, [...vitest, 'tests/webgpu/browser.test.ts'])
process.exitCode = failed > 0 ? 1 : 0

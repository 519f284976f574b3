// Makes a checkout ready: installs what package-lock.json says when that has changed, and builds dist/ when a source is
// newer (`--build`). Quick when there is nothing to do. Needs Node and npm only.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const time = path => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0)
const npm = (...args) => execFileSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })

function newest(folder) {
  let latest = 0
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) latest = Math.max(latest, newest(path))
    else if (/\.(ts|json)$/.test(entry.name)) latest = Math.max(latest, time(path))
  }
  return latest
}

if (time('node_modules/.package-lock.json') < time('package-lock.json')) npm('ci', '--no-audit', '--no-fund')
if (process.argv.includes('--build')) {
  const sources = Math.max(...['src', 'proto', 'converters', 'executors'].map(newest), time('package.json'), time('tsconfig.build.json'))
  if (time('dist/.built') < sources) {
    npm('run', '--silent', 'build')
    writeFileSync(join(root, 'dist/.built'), '')
  }
}

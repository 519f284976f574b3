import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * Wall time in seconds and peak resident memory in MB of a whole process, its children not counted. The peak is the
 * kernel's high-water mark, read every few milliseconds until the end (Linux).
 */
export function measure(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint()
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options })
    let peak = 0
    let errors = ''
    child.stderr.on('data', d => (errors += d))
    const look = () => {
      try {
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0))
      } catch {
        // it has ended
      }
    }
    const timer = setInterval(look, 4)
    child.on('error', reject)
    child.on('close', code => {
      clearInterval(timer)
      const seconds = Number(process.hrtime.bigint() - began) / 1e9
      if (code !== 0) reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${errors.slice(-2000)}`))
      else resolve({ seconds, mb: peak / 1024 })
    })
  })
}

/** Medians over several measurements. */
export async function medians(rounds, f) {
  const all = []
  for (let i = 0; i < rounds; i++) all.push(await f())
  return { seconds: median(all.map(a => a.seconds)), mb: median(all.map(a => a.mb)) }
}

export function table(rows) {
  const widths = rows[0].map((_, c) => Math.max(...rows.map(r => String(r[c]).length)))
  const line = r => `| ${r.map((cell, c) => String(cell).padEnd(widths[c])).join(' | ')} |`
  return [line(rows[0]), `|${widths.map(w => '-'.repeat(w + 2)).join('|')}|`, ...rows.slice(1).map(line)].join('\n')
}

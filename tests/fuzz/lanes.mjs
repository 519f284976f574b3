// Processes that each go through every so-manieth seed, and what became of each seed.
import { fork } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/**
 * Runs `worker` (a URL; it is given a seed, a step, an end and perhaps a way) over `count` seeds from `first` on, in as many processes one after the
 * other as that takes; one that is at a seed for `longest` ms is ended. `next` says in which way a seed is tried again at which a process ended,
 * `silent` matches lines of its last words that say nothing. Gives the workers' results and the seeds at which a process ended: at what, how, and in which way.
 */
export async function runLanes({ worker, first, count, longest, next = {}, silent }) {
  const lanes = Number(process.env['LANES'] ?? Math.max(1, Math.min(4, cpus().length)))
  const [results, ended, end] = [[], [], first + count]
  const lane = from =>
    new Promise(resolve => {
      const launch = (seed, way) => {
        if (seed >= end) return resolve()
        const child = fork(fileURLToPath(worker), [seed, lanes, end, ...(way ? [way] : [])].map(String), { execArgv: ['--max-old-space-size=1024'], stdio: ['ignore', 'ignore', silent ? 'pipe' : 'ignore', 'ipc'] })
        let [current, at, last, said, late, timer] = [undefined, '', seed - lanes, '', false, undefined]
        child.stderr?.on('data', text => (said = `${said}${text}`.slice(-300)))
        child.on('message', m => {
          if (m.at !== undefined) return void (at = m.at)
          clearTimeout(timer)
          current = m.start
          at = ''
          if (m.start === undefined) {
            results.push(m)
            last = m.done
          } else
            timer = setTimeout(() => {
              late = true
              child.kill('SIGKILL')
            }, longest)
        })
        child.on('exit', (code, signal) => {
          clearTimeout(timer)
          if (current === undefined) return launch(last + lanes)
          const was = current === seed && way ? way : 'whole'
          const word = silent ? (said.trim().split('\n').findLast(line => !silent.test(line)) ?? '') : ''
          ended.push({ seed: current, way: was, at, how: late ? `no end after ${longest / 1000} s` : `${signal ?? code} ${word}`.trim() })
          launch(next[was] ? current : current + lanes, next[was])
        })
      }
      launch(from)
    })
  await Promise.all(Array.from({ length: lanes }, (_, i) => lane(first + i)))
  return { results, ended }
}

import { it } from 'vitest'
import { writeFileSync, appendFileSync } from 'node:fs'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { LapidaryError } from '../../src/diag/diagnostic.ts'
import { readModel } from './run.ts'
import { inlineTensor, isTensor } from '../../src/ir/tensor.ts'
import { readFileSync } from 'node:fs'
import { loadNodeTests } from './vectors.ts'
it('fuzz', { timeout: 600000 }, async () => {
  let seed = Number(process.env.SEED ?? 1)
  const rnd = (n: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n
  const tests = loadNodeTests(process.env.FILTER ? new RegExp(process.env.FILTER) : undefined).filter(t => t.model.length < 5000)
  const found = new Map<string, { n: number; ex: string }>()
  let ran = 0, ok = 0
  const t0 = Date.now()
  const codes = new Map<string, number>()
  while (Date.now() - t0 < Number(process.env.MS ?? 60000)) {
    const t = tests[rnd(tests.length)]!
    const bytes = t.model
    const odd = [-9, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 9, 100, 70000, 2 ** 31, 2 ** 40, -(2 ** 31)]
    const pick = () => odd[rnd(odd.length)]!
    const p = rnd(2) ? 'exact' : 'fast'
    const began = Date.now()
    writeFileSync('/tmp/fuzz-last.txt', t.name + ' ' + p)
    try {
      const model = await readModel(bytes)
      ran++
      const nodes = [...model.allNodes()]
      const note: string[] = []
      for (let i = 0; i <= rnd(2); i++) {
        const node = nodes[rnd(nodes.length)]
        const names = node ? Object.keys(node.attributes) : []
        const name = names[rnd(Math.max(1, names.length))]
        if (!node || !name) continue
        const at = node.attributes[name]!
        if (at.type === 'int') node.setAttribute(name, { type: 'int', value: pick() })
        else if (at.type === 'ints') { const v = [...at.value]; const how = rnd(4); if (how === 0) v.pop(); else if (how === 1) v.push(pick()); else if (v.length) v[rnd(v.length)] = pick(); node.setAttribute(name, { type: 'ints', value: v }) }
        else if (at.type === 'float') node.setAttribute(name, { type: 'float', value: [NaN, Infinity, -1, 0, 1e30][rnd(5)]! })
        else if (rnd(3) === 0) node.setAttribute(name, undefined)
        note.push(node.op + '.' + name + '=' + JSON.stringify(node.attributes[name]?.type.startsWith('t') || node.attributes[name]?.type.startsWith('g') ? '...' : node.attributes[name]?.value, (_, x) => typeof x === 'bigint' ? String(x) : x))
      }
      writeFileSync('/tmp/fuzz-last.txt', t.name + ' ' + p + ' ' + note.join(' '))
      const s = await cpuExecutor.prepare(model, { precision: p as 'exact' })
      for (const { inputs } of t.sets) {
        const feeds = new Map(inputs.map((d, i) => {
          if (d !== null && isTensor(d) && d.dtype === 'int64' && d.byteLength > 0 && rnd(2)) { const b = d.peek()!.slice(); new DataView(b.buffer).setBigInt64(8 * rnd(b.length / 8), BigInt(pick()), true); return [model.graph.inputs[i]!.name, inlineTensor('int64', d.shape, b)] as const }
          return [model.graph.inputs[i]!.name, d] as const
        }))
        await s.run(feeds)
      }
      s.dispose()
      ok++
    } catch (e) {
      if (!(e instanceof LapidaryError)) {
        const err = e as Error
        const key = `${err.name}: ${err.message.slice(0, 120)} @ ${(err.stack ?? '').split('\n').filter(l => /src\/|executors\/|converters\//.test(l)).slice(0, 3).map(l => l.trim().replace(/.*\/work\/main\//, '').replace(/\)$/, '')).join(' < ')}`.replace(/\d{3,}/g, 'N')
        const f = found.get(key)
        if (f) f.n++
        else { found.set(key, { n: 1, ex: readFileSync('/tmp/fuzz-last.txt', 'utf8').slice(0, 160) }); writeFileSync(`/tmp/fuzz-${found.size}.bin`, bytes) }
      } else codes.set(e.code, (codes.get(e.code) ?? 0) + 1)
    }
    if (Date.now() - began > 1500) appendFileSync('/tmp/fuzz-slow.txt', `${readFileSync('/tmp/fuzz-last.txt', 'utf8')} ${Date.now() - began}\n`)
  }
  writeFileSync('/tmp/fuzz.txt', `ran ${ran} ok ${ok} ${JSON.stringify([...codes])}\n` + [...found].sort((a, b) => b[1].n - a[1].n).map(([k, v], i) => `${v.n} ${v.ex} ${k}`).join('\n'))
})

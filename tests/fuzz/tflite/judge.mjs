// A graph goes into TFLite and through LiteRT: it agrees with onnxruntime, or is refused with a code. All else is a finding.
import { convert } from '../../../dist/src/app/convert.js'
import { load } from '../../../dist/src/app/load.js'
import { memorySink } from '../../../dist/src/bytes/memory.js'
import { LapidaryError } from '../../../dist/src/diag/diagnostic.js'
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { inferModel } from '../../../dist/src/ops/infer.js'
import { coarse, difference, noiseOf } from '../graphs/compare.mjs'
import { elementsOf as elements, isFar, isOdd } from '../graphs/elements.mjs'
import { jittered, largestOf } from '../graphs/jitter.mjs'
import { cloneModel, run } from '../graphs/judge.mjs'
import { RuntimeRefused, runInRuntime, toBytes } from '../graphs/runtime.mjs'
import { atBorders, fitsIn, fromFile, toFile, withSizes } from './borders.mjs'
import { hasInterpreter, runInterpreter } from './interpreter.mjs'
import { FileRefused, carried, runFile } from './litert.mjs'

const trace = error => String(error?.stack ?? error).split('\n').slice(0, 5).map(line => line.trim()).join(' | ')
const typeOf = v => (v.type?.kind === 'tensor' ? v.type.dtype : undefined)

/** Noise: how far a breath on what goes in moves each output, and how far onnxruntime and float32 kernels are from exact. */
async function noiseFor(model, feeds, name, exact, theirs) {
  const noise = noiseOf(exact, theirs ?? exact)
  if (!noise) return undefined
  const fast = await run(model, feeds, 'fast').catch(() => undefined)
  noiseOf(fast?.get(name), exact)?.forEach((n, i) => (noise[i] = Math.max(noise[i], n)))
  for (let turn = 0; turn < 4; turn++) {
    const shaken = jittered(cloneModel(model), feeds, turn)
    const other = await run(shaken.model, shaken.feeds).catch(() => undefined)
    noiseOf(other?.get(name), exact)?.forEach((n, i) => (noise[i] = Math.max(noise[i], n / 4)))
  }
  return noise
}

/** Operators that shape their output by what they are given. */
const shaping = /^(RESHAPE|REDUCE_\w+|SUM|MEAN|TILE|SLICE|STRIDED_SLICE|PAD|PADV2|MIRROR_PAD|FILL|BROADCAST_TO|EXPAND_DIMS|TOPK_V2|RANGE|TRANSPOSE|TRANSPOSE_CONV|RESIZE_\w+)$/

/**
 * For each output of a file, whether @litertjs/core gives it: not those whose sizes the run alone tells, nor what the runtime works out while
 * it prepares, from constants and sizes alone (its outputs lie in memory of the caller's, which only the run writes to).
 */
async function givesInJavaScript(bytes, given) {
  const { model } = await load(bytes, { from: 'tflite', inputs: Object.fromEntries([...given].map(([name, t]) => [name, t.shape])) })
  const whole = v => v.type?.kind === 'tensor' && v.type.shape?.every(d => typeof d === 'number') === true
  const fed = node => shaping.test(node.op) && node.inputs.some((w, i) => w && !w.isConstant && typeOf(w).startsWith('int') && (i > 0 || /^(FILL|RANGE|TRANSPOSE_CONV)$/.test(node.op)))
  // one output of an IF whose size is open makes the others so
  const settled = v => v.inputOf !== undefined || v.isConstant || (!fed(v.producer.node) && v.producer.node.outputs.every(w => !w || whole(w)) && v.producer.node.inputs.every(w => !w || settled(w)))
  const depends = v => v.inputOf !== undefined || (v.producer !== undefined && !/^(SHAPE|RANK)$/.test(v.producer.node.op) && v.producer.node.inputs.some(w => w && depends(w)))
  return model.graph.outputs.map(v => settled(v) && depends(v))
}

/** Whether elements that are searched for the greatest lie next to each other on the scale of the largest. */
const hasTies = made =>
  [...made.model.allNodes()].some(node => {
    const datum = /^(Arg(Min|Max)|TopK)$/.test(node.op) ? (node.inputs[0].constant ?? made.data.get(node.inputs[0])) : undefined
    if (!datum?.dtype.startsWith('float')) return false
    const sorted = elements(datum).filter(Number.isFinite).sort((a, b) => a - b)
    const most = sorted.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
    return sorted.some((x, i) => i > 0 && x !== sorted[i - 1] && x - sorted[i - 1] <= 1e-6 * most)
  })

/** Whether boxes that are searched for the best do not overlap themselves by more than the threshold: they have no area, or it is 1. */
const hasFlatBoxes = made =>
  [...made.model.allNodes()].some(node => {
    const boxes = node.op === 'NonMaxSuppression' ? (node.inputs[0].constant ?? made.data.get(node.inputs[0]) ?? made.feeds.get(node.inputs[0].name)) : undefined
    if (!boxes) return false
    const threshold = node.inputs[3] && (node.inputs[3].constant ?? made.data.get(node.inputs[3]) ?? made.feeds.get(node.inputs[3].name))
    if (threshold && Number(elements(threshold)[0]) >= 1) return true
    const all = elements(boxes).map(Number)
    const centred = node.attributes.center_point_box?.value === 1
    return Array.from({ length: all.length / 4 }, (_, i) => all.slice(4 * i, 4 * i + 4)).some(([a, b, c, d]) => (centred ? c <= 0 || d <= 0 : a === c || b === d))
  })

/** Reasons of a refusal, a line for each operator that has none of the ways. */
const reasonsOf = error => error.diagnostics.map(d => ({ code: d.code, text: d.message, notes: d.notes ?? [] }))

/**
 * `{ outcome, findings, refusals }`, outcome `agrees`, `refused`, `found`, or `outside` when it can't be put to the question: what
 * goes in or out has no elements or is text, onnxruntime's form can't be said. `tell(step)` hears what is done next.
 */
export async function judge(made, { tell = () => {} } = {}) {
  const findings = []
  const about = { outcome: 'agrees', findings, refusals: [] }
  const outside = why => ({ ...about, outcome: 'outside', why })
  if (made.model.graph.outputs.length === 0) return outside('nothing is made')
  const model = cloneModel(made.model)
  const feeds = new Map(made.feeds)
  inferModel(model)
  if (!atBorders(model, feeds, made.wraps || !hasInterpreter)) return outside('text goes in or out')
  inferModel(model)
  let exact
  try {
    exact = await run(model, feeds)
  } catch (error) {
    if (error instanceof LapidaryError) return outside('it can\'t be run')
    throw error
  }
  if ([...feeds.values(), ...exact.values()].some(t => t.shape.includes(0))) return outside('what goes in or out has no elements')
  const source = await toBytes(model, made.opset).catch(error => {
    if (error instanceof LapidaryError) return undefined
    throw error
  })
  if (!source) return outside('no operator set says it')

  const sink = memorySink()
  let changes
  await tell('convert')
  try {
    ;({ changes } = await convert(source, { sink, name: 'm.tflite' }, { layout: made.layout }))
  } catch (error) {
    if (error instanceof LapidaryError) return { ...about, outcome: 'refused', refusals: reasonsOf(error) }
    findings.push({ kind: 'crash', text: trace(error) })
    return { ...about, outcome: 'found' }
  }
  const bytes = sink.files.get('m.tflite')
  const { model: file } = await load(bytes, { from: 'tflite' })
  const change = (list, name) => list.find(c => c.name === name)
  const ins = new Map(file.graph.inputs.map(v => [v.name, v]))
  const operators = [...file.allNodes()].map(n => n.op)
  if ([...ins].some(([name, v]) => !fitsIn(feeds.get(name), typeOf(v)))) return outside('an int64 that is fed does not fit the int32 that the file takes')
  const given = new Map()
  for (const [name, v] of ins) given.set(name, await toFile(feeds.get(name), change(changes.inputs, name), typeOf(v)))

  let theirs = new Map()
  await tell('onnxruntime')
  try {
    theirs = await runInRuntime(source, feeds)
  } catch (error) {
    if (!(error instanceof RuntimeRefused)) throw error
  }
  const size = largestOf([...made.data.values()].filter(d => d && isTensor(d)))
  const odd = [...made.data.values()].some(d => d && isTensor(d) && isOdd(d))
  const far = [...made.data.values()].some(d => d && isTensor(d) && isFar(d))
  const infinite = [...made.data.values(), ...feeds.values()].some(d => d && isTensor(d) && d.dtype.startsWith('float') && elements(d).some(x => Math.abs(x) === Infinity))
  const manyLate = model.graph.inputs.some(v => v.type?.shape === undefined && (feeds.get(v.name)?.shape.length ?? 0) > 5)
  const more = { operators, infinite, flat: hasFlatBoxes(made), manyLate, ties: hasTies(made), sources: new Set([...model.allNodes()].map(n => n.op)), odd, far, made }
  const noises = new Map()
  /** What differs, at the first output that does. */
  const differs = async (results, gives = []) => {
    for (const [i, v] of model.graph.outputs.entries()) {
      if (gives[i] === false) continue
      const expected = exact.get(v.name)
      const actual = results[i] && (await fromFile(results[i], change(changes.outputs, v.name), expected.dtype))
      const apart = other => other !== undefined && difference(actual, other, { table: coarse })
      if (!difference(actual, theirs.get(v.name) ?? expected, { table: coarse }) || apart(expected) === undefined) continue
      if (!noises.has(v.name)) noises.set(v.name, await noiseFor(model, feeds, v.name, expected, theirs.get(v.name)))
      const d = difference(actual, expected, { table: coarse, noise: noises.get(v.name), size })
      if (d) return { text: `${v.name}: ${d.text}`, name: v.name, actual, expected, theirs: theirs.get(v.name), wrong: d.wrong }
    }
    return undefined
  }
  const ours = await run(file, given).catch(error => error)
  const said = ours instanceof Error ? { text: trace(ours) } : await differs(file.graph.outputs.map(v => ours.get(v.name)))

  const names = model.graph.outputs.map(v => v.name)
  /** Runs the file in one runtime: what it gives by name, or what it said. */
  const attempt = async (kind, f) => {
    await tell(kind)
    try {
      return await f()
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error
      findings.push({ kind: 'unrunnable', runtime: kind, text: error.message, said, ...more })
      return undefined
    }
  }
  // the file means what the source means, and the runtime does something else; or the file itself means something else
  const held = async (runtime, results, gives) => {
    const wrong = results && (await differs(names.map(n => results.get(n)), gives))
    if (wrong) findings.push({ kind: said ? 'rule' : 'kernel', runtime, ...wrong, ...more })
  }
  for (const runtime of hasInterpreter ? ['litert', 'tf'] : []) await held(runtime, await attempt(runtime, () => runInterpreter(bytes, given, runtime)))
  const gives = [...file.graph.inputs, ...file.graph.outputs].every(v => carried.has(typeOf(v))) ? await givesInJavaScript(bytes, given) : []
  if (gives.includes(true) && findings.length === 0) {
    const shapes = new Map([...given].map(([name, t]) => [name, t.shape]))
    for (const v of model.graph.outputs) {
      const { shape } = exact.get(v.name)
      const perm = change(changes.outputs, v.name)?.perm
      shapes.set(v.name, perm ? perm.map(p => shape[p]) : shape)
    }
    await held('litert-js', await attempt('litert-js', async () => runFile(await withSizes(bytes, shapes), given)), gives)
  } else if (!hasInterpreter) return outside('@litertjs/core does not give such outputs')
  if (said && findings.length === 0) findings.push({ kind: 'reread', ...said, ...more })
  // the same file in other builds of the runtime
  if (findings.length > 0 && hasInterpreter) {
    const elsewhere = {}
    for (const kernels of ['builtin', 'reference', 'xnnpack']) {
      const d = await runInterpreter(bytes, given, 'litert', kernels).then(results => differs(names.map(n => results.get(n))), error => ({ text: error.message }))
      elsewhere[kernels] = d?.text ?? 'agrees'
    }
    findings[0].elsewhere = elsewhere
  }
  return { ...about, outcome: findings.length > 0 ? 'found' : 'agrees', by: theirs.size > 0 ? 'onnxruntime' : 'exact', operators, transposes: operators.filter(op => op === 'TRANSPOSE').length, bytes, given }
}

import { describe, expect, it } from 'vitest'
import { expandGradients } from '../../converters/onnx/gradient.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import type { Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, inlineTensor, viewOf } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { verify } from '../../src/ir/verify.ts'
import { inferModel } from '../../src/ops/infer.ts'
import { parseModel } from '../../src/text/parse.ts'

// ai.onnx.preview.training's Gradient against differences of the function itself, in doubles
const shapes = { x: [2, 3], w: [3, 4], v: [3], s: [] } as const
type Name = keyof typeof shapes

const valuesOf = (name: Name): number[] => Array.from({ length: elementCount(shapes[name]) }, (_, i) => 0.4 + 0.35 * Math.sin(3 * i + name.charCodeAt(0)) + (i % 2))
const tensor = (shape: readonly number[], values: readonly number[]): Tensor => inlineTensor('float64', shape, bytesOf(Float64Array.from(values)))

function modelOf(body: string, outputs: readonly string[]): Model {
  const inputs = Object.entries(shapes).map(([name, shape]) => `%${name}: float64[${shape.join(', ')}]`)
  return parseModel(`model {\n  opset "" 24\n  graph g(${inputs.join(', ')}) {\n${body}\n    return ${outputs.map(o => `%${o}`).join(', ')}\n  }\n}`)
}

async function run(model: Model, at: Readonly<Record<Name, readonly number[]>>): Promise<Map<string, number[]>> {
  inferModel(model)
  verify(model)
  const session = await cpuExecutor.prepare(model, { precision: 'exact' })
  const results = await session.run(new Map(Object.entries(at).map(([name, values]) => [name, tensor(shapes[name as Name], values)])))
  session.dispose()
  return new Map([...results].map(([name, t]) => [name, Array.from(viewOf('float64', (t as Tensor).peek()!) as Float64Array)]))
}

const functions: readonly (readonly [what: string, xs: readonly Name[], body: string])[] = [
  ['sums that broadcast', ['x', 'v', 's'], '%a: ? = Add(%x, %v)\n%y: ? = Sub(%a, %s)'],
  ['products and quotients', ['x', 'v', 's'], '%a: ? = Mul(%x, %v)\n%b: ? = Div(%a, %s)\n%y: ? = Mul(%b, %a)'],
  ['powers', ['x', 'v'], '%y: ? = Pow(%x, %v)'],
  ['matrix products', ['x', 'w'], '%a: ? = MatMul(%x, %w)\n%y: ? = Mul(%a, %a)'],
  ['Gemm', ['x', 'w', 's'], '%a: ? = Gemm(%w, %x, %s) {transA = 1, transB = 1, alpha = 0.5f, beta = 2f}\n%y: ? = Mul(%a, %a)'],
  ['functions of one number', ['x'], '%a: ? = Exp(%x)\n%b: ? = Log(%a)\n%c: ? = Sqrt(%b)\n%d: ? = Tanh(%c)\n%e: ? = Sigmoid(%d)\n%f: ? = Sin(%e)\n%g: ? = Cos(%f)\n%h: ? = Reciprocal(%g)\n%i: ? = Softplus(%h)\n%j: ? = Erf(%i)\n%k: ? = Abs(%j)\n%l: ? = Neg(%k)\n%m: ? = Mul(%l, %x)\n%y: ? = Relu(%m)'],
  ['softmax', ['x', 'v'], '%a: ? = Softmax(%x) {axis = 1}\n%b: ? = Mul(%a, %v)\n%c: ? = LogSoftmax(%b) {axis = 0}\n%y: ? = Mul(%c, %b)'],
  ['reductions', ['x', 'v'], 'const %n = int64[1] [1]\n%a: ? = Mul(%x, %v)\n%b: ? = ReduceMean(%a, %n) {keepdims = 0}\n%c: ? = ReduceSum(%a)\n%d: ? = Mul(%b, %c)\n%y: ? = Mul(%d, %d)'],
  ['moves', ['x'], 'const %p = int64[2] [3, 2]\n%a: ? = Reshape(%x, %p)\n%b: ? = Transpose(%a) {perm = [1, 0]}\n%c: ? = Flatten(%b)\n%d: ? = Mul(%c, %x)\n%e: ? = Expand(%d, %p2)\n%y: ? = Sum(%e, %d, %x)'.replace('%p = int64[2] [3, 2]', '%p = int64[2] [3, 2]\nconst %p2 = int64[3] [2, 1, 3]')],
  ['what has a decomposition only', ['x'], '%a: ? = Gelu(%x)\n%b: ? = Selu(%a)\n%y: ? = Softsign(%b)'],
]

describe('gradients', () => {
  it.each(functions)('%s', async (_, xs, body) => {
    const at = Object.fromEntries(Object.keys(shapes).map(n => [n, valuesOf(n as Name)])) as Record<Name, number[]>
    const outputs = xs.map(x => `d${x}`)
    const model = modelOf(`${body}\n${outputs.map(o => `%${o}: ?`).join(', ')} = ai.onnx.preview.training::Gradient(${xs.map(x => `%${x}`).join(', ')}) {xs = [${xs.map(x => `"${x}"`).join(', ')}], y = "y"}`, outputs)
    expandGradients(model.graph)
    const found = await run(model, at)
    const sum = async (values: Record<Name, number[]>): Promise<number> => (await run(modelOf(body, ['y']), values)).get('y')!.reduce((a, b) => a + b, 0)
    const h = 1e-5
    for (const x of xs) {
      const expected: number[] = []
      for (const [i, value] of at[x].entries()) expected.push(((await sum({ ...at, [x]: at[x].with(i, value + h) })) - (await sum({ ...at, [x]: at[x].with(i, value - h) }))) / (2 * h))
      found.get(`d${x}`)!.forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 6))
    }
  })

  it('at other places, and of gradients', async () => {
    // y = x^3 at 2x: 12 x^2; the gradient of that with respect to x at x: 24 x
    const model = modelOf(
      `const %three = float64[] [3]\n%y: ? = Pow(%x, %three)\n%z: ? = Add(%x, %x)\n%first: ? = ai.onnx.preview.training::Gradient(%z) {xs = ["x"], y = "y"}\n%second: ? = ai.onnx.preview.training::Gradient(%x) {xs = ["x"], y = "first"}`,
      ['first', 'second'],
    )
    expandGradients(model.graph)
    const at = Object.fromEntries(Object.keys(shapes).map(n => [n, valuesOf(n as Name)])) as Record<Name, number[]>
    const found = await run(model, at)
    at.x.forEach((x, i) => {
      expect(found.get('first')![i]).toBeCloseTo(12 * x * x, 9)
      expect(found.get('second')![i]).toBeCloseTo(24 * x, 9)
    })
  })

  it('stay as they are where a node has no derivative', () => {
    const model = modelOf('%y: ? = Det(%x)\n%d: ? = ai.onnx.preview.training::Gradient(%x) {xs = ["x"], y = "y"}', ['d'])
    expandGradients(model.graph)
    expect([...model.graph.nodes()].map(n => n.op)).toEqual(['Det', 'Gradient'])
  })
})

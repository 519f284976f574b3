import { describe, expect, it } from 'vitest'
import type { DType } from '../ir/dtype.ts'
import { Graph, Node } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import { tensorType } from '../ir/types.ts'
import { inputProblem } from './inputs.ts'

// expected: ONNX's operator schemas (onnx 1.23.1, Operators.md)
function problem(op: string, dtypes: readonly (DType | undefined)[], domain = ''): string | undefined {
  const graph = new Graph(new Names())
  return inputProblem(new Node({ op, domain, inputs: dtypes.map(d => d && graph.value('x', tensorType(d, undefined))) }))
}

describe('inputProblem', () => {
  it.each<[string, (DType | undefined)[]]>([
    ['Add', ['float16', 'float16']],
    ['Where', ['bool', 'string', 'string']],
    ['Max', ['int8', 'int8', 'int8']],
    ['Clip', ['float32', undefined, 'float32']],
    ['Gather', ['bfloat16', 'int32']],
    ['SequenceConstruct', ['int8', 'int8']],
    ['Frobnicate', ['float32']],
  ])('finds nothing wrong with %s of %j', (op, dtypes) => expect(problem(op, dtypes)).toBeUndefined())
  it.each<[string, (DType | undefined)[], string]>([
    ['Add', ['float32', 'float16'], 'its inputs A and B are float32 and float16, which must be the same'],
    ['Sqrt', ['int32'], 'its input X is int32'],
    ['MatMul', ['float32'], 'it has 1 inputs, not at least 2'],
    ['Relu', ['float32', 'float32'], 'it has 2 inputs, not at most 1'],
    ['Gather', ['float32', 'float32'], 'its input indices is float32'],
    ['Concat', ['int8', 'int8'], 'its attribute axis is missing'],
    ['Concat', ['int8', 'int8', 'int16'], 'its inputs inputs and inputs are int8 and int16, which must be the same'],
    ['Pow', [undefined, 'float32'], 'its input X is missing'],
  ])('says what is wrong with %s of %j', (op, dtypes, expected) => expect(problem(op, dtypes)).toBe(expected))
})

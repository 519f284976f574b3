// Differences from onnxruntime that are not ours: each says what happens, whose it is and how that was seen. The conditions are as
// narrow as the fault, so that another of the same operator still shows.
import { elementsOf } from '../graphs/elements.mjs'

const largest = 3.4028234663852886e38
const wrong = f => f.wrong.map(i => [Number(elementsOf(f.actual)[i]), Number(elementsOf(f.expected)[i])])

const clamping = new Set(['ADD', 'SUB', 'MUL', 'DIV', 'CONV_2D', 'DEPTHWISE_CONV_2D', 'CONV_3D', 'TRANSPOSE_CONV', 'FULLY_CONNECTED', 'AVERAGE_POOL_2D', 'MAX_POOL_2D'])
const comparing = new Set([...clamping, 'ARG_MAX', 'ARG_MIN', 'MAXIMUM', 'MINIMUM', 'REDUCE_MAX', 'REDUCE_MIN', 'RELU', 'RELU6', 'RELU_0_TO_1', 'RELU_N1_TO_1', 'TOPK_V2', 'SIGN', 'HARD_SWISH', 'SOFTMAX', 'LOG_SOFTMAX', 'ELU', 'LEAKY_RELU', 'PRELU'])

/** Whether the interpreter gives the right numbers with each set of kernels that has the operators. */
const othersAgree = f => Object.values(f.elsewhere ?? {}).every(said => said === 'agrees' || said.startsWith("Didn't find op"))

export const known = [
  {
    id: 'activation-range', whose: 'the runtime', kind: /^kernel$/, when: f => f.wrong?.length > 0 && wrong(f).every(([a, e]) => Math.abs(a) === largest && Math.abs(e) === Infinity),
    why: 'operators that have an activation clamp to the range of float32 when they have none: an infinity becomes the largest number.',
  },
  {
    id: 'web-variables', whose: '@litertjs/core', kind: /^unrunnable$/, runtime: 'litert-js', when: f => /load model/.test(f.text) && f.operators.some(op => /_SEQUENCE_(RNN|LSTM)$|^SVDF$/.test(op)),
    why: 'it loads no file with variable tensors ("Variable tensors not yet supported"), which fused recurrent operators keep their state in.',
  },
  {
    id: 'xnnpack-log', whose: 'XNNPACK', kind: /^kernel$/, runtime: 'litert-js', when: f => f.operators.includes('LOG') && (f.elsewhere?.builtin ?? 'agrees') === 'agrees' && wrong(f).every(([a, e]) => Math.abs(a - e) <= 2e-3 * Math.abs(e)),
    why: 'its logarithm is right to 1e-7 of 1, so that those of numbers next to 1 are off in their last digits: seen for softplus of large negative numbers.',
  },
  {
    id: 'web-late-sizes', whose: '@litertjs/core', kind: /^kernel$/, runtime: 'litert-js', when: f => f.operators.includes('SHAPE') && othersAgree(f),
    why: 'an output whose size the runtime works out from SHAPE is left as the memory was; the interpreter gives it.',
  },
  {
    id: 'flat-boxes', whose: 'the runtime', kind: /^kernel$/, when: f => f.flat && f.operators.some(op => /^NON_MAX_SUPPRESSION_V[45]$/.test(op)),
    why: 'NON_MAX_SUPPRESSION puts a box that it has taken back into its queue and relies on that box overlapping itself: one without an area, or where boxes may overlap whole, is taken again and again.',
  },
  {
    id: 'tf-late-axes', whose: 'TensorFlow', kind: /^unrunnable$/, runtime: 'tf', when: f => f.manyLate && /ends the process/.test(f.text),
    why: 'its broadcasting kernels abort at more than five axes, which an input of a rank that is not known has when it is fed; of known rank these are refused. LiteRT runs the file.',
  },
  {
    id: 'infinities-clamped', whose: 'the runtime', kind: /^(kernel|rule)$/, when: f => f.infinite && f.operators.some(op => clamping.has(op)),
    why: 'what comes of an infinity after such an operator has clamped it.',
  },
  {
    id: 'nan-among-extremes', whose: 'open', kind: /^(kernel|rule|reread)$/, when: f => f.odd && f.operators.some(op => comparing.has(op)),
    why: 'NaN among elements that are compared, or clamped by an activation: no specification says how NaN compares; kernels let it through or not by the order of their operands.',
  },
  {
    id: 'ties', whose: 'open', kind: /^(kernel|rule|reread)$/, when: f => f.operators.some(op => /^(ARG_MIN|ARG_MAX|TOPK_V2)$/.test(op)) && f.ties,
    why: 'which of two elements is the greatest that differ by less than a float32 of their size holds.',
  },
  {
    id: 'float32-range', whose: 'open', kind: /^(kernel|rule|reread)$/, when: f => f.far,
    why: 'squares or products of 1e15 and more (1e-30 and less) leave the range of float32 on the way in the forms that TFLite has; the type of intermediate results is not stated.',
  },
]

/** The entry that explains a finding, if one does. */
export const knownDifference = finding => known.find(k => k.kind.test(finding.kind) && (!k.runtime || k.runtime === finding.runtime) && k.when(finding))

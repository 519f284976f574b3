// Disagreements with onnxruntime that are explained: each names the operator, when it happens, whose it is and what the
// specification says. The conditions are as narrow as the fault, so that another one of the same operator still shows.
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { boundsOf, floats } from './draw.mjs'
import { elementsOf, isFar } from './elements.mjs'

const tensors = f => (f.inputs ?? []).filter(d => d && isTensor(d))
const numbers = f => tensors(f).flatMap(t => (floats.has(t.dtype) ? elementsOf(t) : []))
const anyNaN = f => numbers(f).some(Number.isNaN)
const anyOdd = f => numbers(f).some(x => !Number.isFinite(x))
const anyFar = f => (f.node ? tensors(f).some(isFar) : f.far)
const bigIntegers = (t, from = 2 ** 6) => elementsOf(t).some(x => Math.abs(Number(x)) >= from)
const largest = t => Math.max(0, ...elementsOf(t).filter(Number.isFinite).map(Math.abs))
const attribute = (f, name) => f.node.attributes[name]?.value
/** Whether a dilated window has a tap on each side of axis `i` and none in it, somewhere. */
function paddedOnly(f, size, i) {
  const count = f.inputs[0].shape.length - 2
  const [pads, dilations, strides] = ['pads', 'dilations', 'strides'].map(n => attribute(f, n)?.map(Number))
  const [kernel, dilation, before] = [Number(attribute(f, 'kernel_shape')[i]), dilations?.[i] ?? 1, pads?.[i] ?? 0]
  const out = f.actual.shape[i + 2]
  return Array.from({ length: out }, (_, o) => o * (strides?.[i] ?? 1) - before).some(from => Array.from({ length: kernel }, (_, k) => from + k * dilation).every(x => x < 0 || x >= size)) && count > 0
}
/** The size of the input along the axis that scale `i` is for. */
const resizedAxis = (f, i) => f.inputs[0].shape.at(Number(attribute(f, 'axes')?.[i] ?? i))

const open = 'the specification leaves it open'
const theirs = 'onnxruntime'

export const known = [
  {
    id: 'nan-among-extremes', kind: 'value', whose: open,
    op: /^(MaxPool|GlobalMaxPool|MaxRoiPool|Reduce(Max|Min)|Arg(Max|Min)|TopK|Max|Min|Clip|DynamicQuantizeLinear|Hardmax|ScatterND|ScatterElements|Unique|NonMaxSuppression|Sign|Shrink|ThresholdedRelu)$/,
    when: anyNaN,
    why: 'NaN among elements that are compared. lapidary lets it through as NumPy and the reference evaluator do; in onnxruntime it depends on the place of the NaN.',
    spec: 'no operator says how NaN compares.',
  },
  {
    id: 'odd-in-sums', kind: 'value', whose: open,
    op: /^(DFT|STFT|LRN|GRU|LSTM|RNN|(Batch|Instance|Group|Layer|MeanVariance)Normalization|LpPool|GridSample|DeformConv|Resize|Upsample|RoiAlign|Attention|Conv|ConvTranspose|Einsum|AveragePool|Gemm|MatMul|Reduce\w+|AffineGrid|NegativeLogLikelihoodLoss|SoftmaxCrossEntropyLoss|Softmax|LogSoftmax|Det)$/,
    when: anyOdd,
    why: 'infinities and NaN in a sum of products: terms of weight zero are skipped by one side and make NaN on the other, running sums meet inf - inf, and activations clamp NaN away.',
    spec: 'formulas are over the reals; the order and the terms of sums are not stated.',
  },
  {
    id: 'odd-in-sums-here', kind: 'fast', whose: open, op: /^(DeformConv|GridSample|Resize|Upsample|RoiAlign|Attention|DFT|STFT|Einsum|AffineGrid)$/,
    when: f => anyOdd(f) && f.wrong.every(i => [f.actual, f.expected].some(t => !Number.isFinite(elementsOf(t)[i]))),
    why: 'the same between exact and fast: weights that are 0 in float32 and next to it in doubles.',
    spec: 'as above.',
  },
  {
    id: 'odd-in-products', kind: 'reread', whose: open, op: /./, when: f => f.odd && ['DFT', 'STFT', 'LinearAttention', 'CausalConvWithState', 'Attention', 'AffineGrid', 'Col2Im'].some(op => f.operators.has(op)),
    why: 'the same between an operator and the products that stand for it at an older opset.',
    spec: 'as above.',
  },
  {
    id: 'nonzero-of-scalar', kind: 'value', whose: theirs, op: 'NonZero', when: f => f.inputs[0].shape.length === 0 && f.expected.shape[0] === 1,
    why: 'onnxruntime takes a scalar for a vector.', spec: '"for scalar input, NonZero produces output shape (0, N) instead of (1, N), which is different from Numpy\'s behavior".',
  },
  {
    id: 'squeeze-no-axes', kind: 'value', whose: theirs, op: 'Squeeze', when: f => f.inputs[1]?.shape[0] === 0 && f.expected.shape.length < f.inputs[0].shape.length,
    why: 'axes are given and there are none: onnxruntime squeezes all, as if they were left out.', spec: '"If `axes` is not provided, all the single dimensions will be removed"; here it is, with no entries.',
  },
  {
    id: 'mean-variance-without-epsilon', kind: 'value', whose: theirs, op: 'MeanVarianceNormalization', when: f => elementsOf(f.expected).some(Number.isNaN) && elementsOf(f.actual).every(Number.isFinite),
    why: 'onnxruntime divides by the bare deviation, which is 0 for equal elements.', spec: "the operator's function body adds 1e-9 to it.",
  },
  {
    id: 'reduce-empty', kind: 'value', whose: theirs, op: /^(Reduce\w+|ArgMin|ArgMax)$/, when: f => f.inputs[0].shape.includes(0) && f.actual.shape.join() !== f.expected.shape.join(),
    why: 'onnxruntime takes the negative axes of an empty tensor for none and gives the shape of the input.', spec: '"Accepted range is [-r, r-1]", and reduced axes have size 1 or are gone.',
  },
  {
    id: 'arg-of-nothing', kind: 'refuse', whose: theirs, op: /^Arg(Min|Max)$/, when: f => f.inputs[0].shape.includes(0),
    why: 'there is no greatest of no elements; onnxruntime gives an empty tensor of the shape of the input.', spec: 'the index of the maximum along the axis is given, and its size is 1 or it is gone.',
  },
  {
    id: 'reduce-nothing', kind: 'value', whose: open, op: 'ReduceMean', when: f => f.inputs[0].shape.includes(0) && elementsOf(f.expected).every(x => x === 0),
    why: 'the mean of no elements: NaN here and in NumPy, 0 in onnxruntime.', spec: '"Reduction over an empty set of values yields undefined."',
  },
  {
    id: 'integer-reduce-saturates', kind: 'value', whose: open, op: /^(Reduce(Sum|Prod|SumSquare|L1|L2|Mean|LogSum\w*)|Einsum)$/, when: f => /^u?int/.test(f.inputs[0].dtype) && bigIntegers(f.inputs[0]),
    why: 'a sum that leaves the integer type wraps in lapidary and NumPy; onnxruntime sums some of these as floating-point numbers and saturates.', spec: 'nothing is said of overflow.',
  },
  {
    id: 'integer-power', kind: 'value', whose: open, op: 'Pow', when: f => f.inputs[0].dtype.startsWith('int') && f.wrong.every(i => boundsOf(f.expected.dtype).includes(BigInt(elementsOf(f.expected)[i]))),
    why: 'a power that is NaN, infinite or out of range brought to an integer: 0 or wrapped in lapidary, the lowest integer in onnxruntime.', spec: 'conversion of what an integer type lacks is undefined (Cast: "If the value is out of range, undefined").',
  },
  {
    id: 'integer-power-exponent', kind: 'fast', whose: 'lapidary, by design', op: 'Pow', when: f => /int/.test(f.inputs[1].dtype) && elementsOf(f.inputs[1]).some(x => Math.abs(Number(x)) > 2 ** 24),
    why: 'fast precision rounds exponents to float32, in which all integers above 2^24 are even.', spec: '',
  },
  {
    id: 'mod-in-doubles', kind: 'value', whose: theirs, op: 'Mod', when: f => f.inputs[0].dtype.endsWith('64') && bigIntegers(f.inputs[0], 2 ** 53),
    why: "onnxruntime takes C's fmod of 64-bit integers, which rounds them to doubles.", spec: 'the remainder of the integers.',
  },
  {
    id: 'product-of-nothing', kind: 'value', whose: theirs, op: /^(MatMulInteger|QLinearMatMul|ConvInteger|Gemm|MatMul)$/, when: f => f.inputs[0].shape.includes(0) && (f.op === 'Gemm' || elementsOf(f.actual).every(x => x === elementsOf(f.actual)[0])),
    why: 'a sum of no products: onnxruntime leaves the output as the memory was, and in Gemm forgets beta.', spec: 'an empty sum is 0; Y = alpha * A * B + beta * C.',
  },
  {
    id: 'affine-grid-one', kind: 'value', whose: open, op: 'AffineGrid', when: f => Number(attribute(f, 'align_corners') ?? 0) === 1 && elementsOf(f.inputs[1]).slice(2).some(n => Number(n) === 1),
    why: 'an axis of one point with aligned corners: -1 here and in the reference evaluator, another corner in onnxruntime.', spec: 'the corners of one point are not defined.',
  },
  {
    id: 'grid-sample-cubic', kind: 'value', whose: theirs, op: 'GridSample', when: f => /cubic/.test(attribute(f, 'mode')) && /border|reflection/.test(attribute(f, 'padding_mode') ?? ''),
    why: 'onnxruntime pads the neighbours of a point and leaves the point where it is; lapidary and the reference evaluator agree.', spec: '"border: use border values for out-of-bound grid locations": the locations are what is moved.',
  },
  {
    id: 'col2im-dilated', kind: 'value', whose: theirs, op: 'Col2Im', when: f => attribute(f, 'dilations')?.some(d => d > 1) === true,
    why: 'onnxruntime spreads the channels after the first wrong when there are dilations; lapidary and the reference evaluator agree.', spec: '`dilations` is the spacing of the elements of a block.',
  },
  {
    id: 'attention-past-causal', kind: 'value', whose: theirs, op: 'Attention', when: f => Number(attribute(f, 'is_causal') ?? 0) === 1 && f.inputs[4] !== undefined,
    why: 'with a past, query i may see the keys up to i + length of the past; onnxruntime lets it see those up to i + all keys - all queries.', spec: 'the function body adds the length of `past_key` to the row.',
  },
  {
    id: 'attention-lowest', kind: 'value', whose: theirs, op: 'Attention', when: f => f.output === 3 && f.wrong.every(i => elementsOf(f.actual)[i] === -Infinity && elementsOf(f.expected)[i] < -6e4),
    why: 'masked scores are minus infinity; onnxruntime shows the lowest number of the type.', spec: 'the function body fills the mask with minus infinity.',
  },
  {
    id: 'resize-integers', kind: 'value', whose: theirs, op: /^(Resize|Upsample)$/, when: f => /int/.test(f.inputs[0].dtype) && f.wrong.every(i => Math.abs(elementsOf(f.actual)[i] - elementsOf(f.expected)[i]) <= 1 || (f.inputs[0].dtype === 'int32' && largest(f.inputs[0]) > 2 ** 24)),
    why: 'integers between integers (in float32 in onnxruntime): rounded to nearest by lapidary and the reference evaluator, cut by onnxruntime.', spec: 'how interpolated values become integers is not stated; the node test data rounds.',
  },
  {
    id: 'resize-fraction', kind: 'value', whose: theirs, op: /^(Resize|Upsample)$/, when: f => /align_corners|tf_crop_and_resize/.test(attribute(f, 'coordinate_transformation_mode') ?? '') && (f.inputs[2] ? elementsOf(f.inputs[2]).some((x, i) => !Number.isInteger(Math.fround(x) * resizedAxis(f, i))) : /not_/.test(attribute(f, 'keep_aspect_ratio_policy') ?? '')),
    why: 'a scale that makes a fraction of a size: the coordinates of onnxruntime come from the whole size, those of lapidary and of the node test data from the fraction.', spec: 'length_resized, of which "output_width can be a fractional number" (test_resize_downsample_scales_linear_align_corners).',
  },
  {
    id: 'pool-same-dilated', kind: 'value', whose: theirs, op: /^(Max|Average|Lp)Pool$/, when: f => /SAME/.test(attribute(f, 'auto_pad') ?? '') && attribute(f, 'dilations')?.some(d => d > 1) === true,
    why: 'onnxruntime forgets the dilations when it pads.', spec: 'SAME_UPPER and SAME_LOWER give `output_shape[i] = ceil(input_shape[i] / strides[i])`.',
  },
  {
    id: 'pool-window-too-large', kind: 'value', whose: theirs, op: /^(Max|Average|Lp)Pool$/, when: f => f.actual.shape.some((n, i) => i > 1 && n === 0 && f.inputs[0].shape[i] > 0),
    why: 'a window that is larger than the padded input: onnxruntime rounds the negative quotient up and reads past the end.', spec: '`output_shape[i] = floor((input + pads - effective kernel) / stride + 1)`.',
  },
  {
    id: 'pool-of-padding', kind: 'value', whose: open, op: /^(Max|Average|Lp)Pool$/, when: f => f.inputs[0].shape.slice(2).some((n, i) => paddedOnly(f, n, i)),
    why: 'a window that lies on padding alone: minus infinity, or 0 divided by 0, in lapidary; the lowest number, 0 and an index before the tensor in onnxruntime.', spec: 'MaxPool: padding is "-infinity"; nothing is said of the mean or the index of none.',
  },
  {
    id: 'shrink-range', kind: 'value', whose: open, op: 'Shrink', when: f => /int/.test(f.inputs[0].dtype) && f.wrong.every(i => f.inputs[0].dtype.startsWith('u') || Math.abs(Number(elementsOf(f.inputs[0])[i])) >= 100),
    why: 'unsigned integers with a bias or a bound below 0, and integers at the end of their range.', spec: 'x - bias and -lambd are not defined in unsigned integers, nor is overflow.',
  },
  {
    id: 'sigmoid-approximated', kind: 'value', whose: theirs, op: /^(SwiGLU|Swish)$/, when: f => f.wrong.every(i => Math.abs(elementsOf(f.actual)[i] - elementsOf(f.expected)[i]) <= 1e-7 * f.inputs.map(t => Math.max(1, ...elementsOf(t).map(Math.abs))).reduce((a, b) => a * b, 1)),
    why: 'the sigmoid of onnxruntime is right to 1e-7 of 1, so that small values of it are not; here they are multiplied by large ones.', spec: '',
  },
  {
    id: 'string-locale', kind: 'value', whose: open, op: 'StringNormalizer', when: f => attribute(f, 'locale') === 'C' && f.wrong.every(i => /[^\0-\x7f]/.test(f.expected.strings[i])),
    why: 'letters outside ASCII have their other case in lapidary in every locale, and none in the C locale of onnxruntime.', spec: '`locale` is an "environment dependent string".',
  },
  {
    id: 'transposed-same', kind: 'value', whose: theirs, op: 'ConvTranspose', when: f => /SAME/.test(attribute(f, 'auto_pad') ?? '') && f.actual.shape.join() !== f.expected.shape.join(),
    why: 'a stride larger than the kernel: onnxruntime makes the output smaller than it is said to be.', spec: 'SAME_UPPER and SAME_LOWER give `output_shape[i] = input_shape[i] * strides[i]`.',
  },
  {
    id: 'mean-of-nothing', kind: 'value', whose: open, op: /^(LayerNormalization|NegativeLogLikelihoodLoss|SoftmaxCrossEntropyLoss|InstanceNormalization|GroupNormalization|RMSNormalization|GlobalAveragePool)$/, when: f => f.inputs[0].shape.includes(0) && f.wrong.every(i => Number.isNaN(elementsOf(f.actual)[i])),
    why: 'the mean of no elements: NaN here and in NumPy, 0 in onnxruntime.', spec: 'ReduceMean: "Reduction over an empty set of values yields undefined."',
  },
  {
    id: 'quantized-nan', kind: 'value', whose: open, op: 'QuantizeLinear', when: f => elementsOf(f.inputs[0]).some(Number.isNaN) && f.wrong.every(i => Number.isNaN(elementsOf(f.inputs[0])[i])),
    why: 'NaN brought to an integer: the zero point or 0 in lapidary, the lowest integer in onnxruntime.', spec: 'Cast: "NaN ... undefined"; saturation is said of numbers.',
  },
  {
    id: 'clip-open', kind: 'value', whose: open, op: 'Clip', when: f => f.inputs.slice(1).filter(x => x).length < 2 && f.wrong.every(i => Math.abs(elementsOf(f.actual)[i]) === Infinity && Number.isFinite(elementsOf(f.expected)[i])),
    why: 'an infinity on the side that has no bound.', spec: 'contradicts itself: the bounds "default to numeric_limits::lowest() and numeric_limits::max()", while the function body leaves an absent bound out.',
  },
  {
    id: 'resize-crop-unscaled', kind: 'value', whose: theirs, op: 'Resize', when: f => attribute(f, 'coordinate_transformation_mode') === 'tf_crop_and_resize' && f.actual.shape.some((n, i) => n === f.inputs[0].shape[i]) && elementsOf(f.inputs[1]).some(x => x !== 0 && x !== 1),
    why: 'onnxruntime takes no part of an axis whose scale is 1: it forgets the region.', spec: 'x_original = start_x * (length_original - 1) + ... for every axis of `roi`.',
  },
  {
    id: 'scatter-strings', kind: 'refuse', whose: open, op: /^Scatter(Elements|ND)$/, when: f => f.inputs[0].dtype === 'string',
    why: 'onnxruntime joins strings where a reduction adds; lapidary refuses to reduce them.', spec: 'sums and products of strings are not defined.',
  },
  {
    id: 'loop-without-rounds', kind: /^(value|order|optimize|type)$/, whose: open, op: 'Loop', when: f => /shape \[(\d,)*0|is \[(\d+,)*0/.test(f.text),
    why: 'what a loop of no rounds gathered: sizes that are symbols in its body are 0, in onnxruntime too.', spec: 'the shape of a scan output without iterations is not stated.',
  },
  {
    id: 'gather-strings', kind: 'value', whose: theirs, op: 'Gather', when: f => f.inputs[0].dtype === 'string' && f.wrong.every(i => f.expected.strings[i] === ''),
    why: 'of each slice of strings onnxruntime takes the first and leaves the others empty.', spec: 'the slices are whole.',
  },
  {
    id: 'normalization-folded', kind: 'value', whose: theirs, op: /^(Instance|Batch|Group)Normalization$/, when: f => f.wrong.every(i => Math.abs(elementsOf(f.actual)[i] - elementsOf(f.expected)[i]) <= 1e-3 * largest(f.inputs[0]) * largest(f.inputs[1])),
    why: 'where the variance is next to nothing, onnxruntime multiplies by a scale of hundreds and subtracts the mean afterwards, so that float32 loses digits.', spec: 'y = scale * (x - mean) / sqrt(variance + epsilon) + B.',
  },
  {
    id: 'slice-back-from-the-end', kind: 'value', whose: theirs, op: 'Slice', when: f => f.inputs[4] && elementsOf(f.inputs[2]).some((end, i) => Number(end) >= 2 ** 31 - 1 && Number(elementsOf(f.inputs[4])[i]) < 0),
    why: 'an end of INT_MAX with a step back: onnxruntime takes it for an end before the first element.', spec: '"for negative stepping it is clamped to [-1, dims[axes[i]]-1]", here to the last: nothing lies between.',
  },
  {
    id: 'dropout-mask-before-12', kind: 'value', whose: open, op: 'Dropout', when: f => f.output === 1 && f.opset < 12,
    why: 'the mask of a Dropout that drops nothing: all true in lapidary, all false in onnxruntime.', spec: 'before version 12 the mask without training is not stated; since then it is all true.',
  },
  {
    id: 'dynamic-range', kind: 'value', whose: open, op: 'DynamicQuantizeLinear', when: f => elementsOf(f.inputs[0]).some(x => Math.abs(x) === Infinity) || elementsOf(f.inputs[0]).every(x => x === 0),
    why: 'the range of infinities, or of zeros alone: a scale of infinity or of 0, which each side replaces in its way.', spec: 'y_scale = (maximum(0, max(x)) - minimum(0, min(x))) / 255, divided by afterwards.',
  },
  {
    id: 'recurrent-defaults', kind: 'value', whose: theirs, op: /^(RNN|GRU|LSTM)$/, when: f => attribute(f, 'activations')?.includes('ThresholdedRelu') === true && attribute(f, 'activation_alpha') === undefined,
    why: 'a threshold that is not given is 0 in onnxruntime.', spec: 'activation_alpha: "Default values are the same as of corresponding ONNX operators", which is 1 for ThresholdedRelu.',
  },
  {
    id: 'recurrent-softplus', kind: 'value', whose: theirs, op: /^(RNN|GRU|LSTM)$/, when: f => attribute(f, 'activations')?.includes('Softplus') === true && elementsOf(f.expected).some(x => !Number.isFinite(x)),
    why: 'the softplus inside recurrent operators of onnxruntime takes the exponential of large numbers.', spec: 'Softplus is log(1 + exp(x)), which is x for large x.',
  },
  {
    id: 'cast-text-exponent', kind: 'value', whose: open, op: /^Cast(Like)?$/, when: f => f.inputs[0].dtype === 'string' && f.wrong.every(i => /e/i.test(f.inputs[0].strings[i])),
    why: 'a text with an exponent brought to an integer: onnxruntime reads it up to the letter.', spec: 'scientific notation is said to be read as floats; of integers nothing is said.',
  },
  {
    id: 'resize-antialias-int8', kind: 'value', whose: theirs, op: 'Resize', when: f => Number(attribute(f, 'antialias') ?? 0) === 1 && f.inputs[0].dtype === 'int8',
    why: 'onnxruntime clips antialiased int8 as if it were uint8.', spec: 'the output is of the type of the input.',
  },
  {
    id: 'lrn-running-sum', kind: 'value', whose: theirs, op: 'LRN', when: f => largest(f.inputs[0]) >= 1e3,
    why: 'onnxruntime keeps a running sum of squares over the channels, in which small ones get lost beside large ones that came before.', spec: 'square_sum is the sum of the squares of the channels round each one.',
  },
  {
    id: 'cast-float-text', kind: 'value', whose: open, op: /^Cast(Like)?$/, when: f => f.expected.dtype === 'string' && floats.has(f.inputs[0].dtype) && f.wrong.every(i => Math.abs(Number(f.actual.strings[i]) / Number(f.expected.strings[i]) - 1) < 1e-7),
    why: 'as many digits as tell the number apart in lapidary, always eight in onnxruntime.', spec: '"floating-point or scientific representation"; the digits are not stated.',
  },
  {
    id: 'quantized-infinity', kind: 'value', whose: theirs, op: 'QuantizeLinear', when: f => Number(attribute(f, 'block_size') ?? 0) > 0 && f.wrong.every(i => !Number.isFinite(elementsOf(f.inputs[0])[i])),
    why: 'with blocks onnxruntime turns infinities into integers before it saturates.', spec: 'saturation "to [0, 255]" and the like.',
  },
  {
    id: 'fourier-cancellation', kind: 'value', whose: open, op: /^(DFT|STFT)$/, when: f => f.wrong.every(i => Math.abs(elementsOf(f.actual)[i] - elementsOf(f.expected)[i]) <= 1e-6 * tensors(f).filter(t => floats.has(t.dtype)).map(largest).reduce((a, b) => a * b, 1)),
    why: 'what is left when products of large numbers cancel: rounding of the fast transform.', spec: 'accuracy is not stated.',
  },
  {
    id: 'quantize-half-precision', kind: 'value', whose: theirs, op: 'QuantizeLinear', when: f => f.inputs[1].dtype === 'float16' && f.wrong.every(i => Math.abs(elementsOf(f.actual)[i] - elementsOf(f.expected)[i]) <= 1),
    why: 'a quotient that float16 rounds to a half: onnxruntime divides in float32.', spec: '`precision`: "If not provided, it will be the same as the type of y_scale".',
  },
  {
    id: 'string-split-empty', kind: 'value', whose: theirs, op: 'StringSplit', when: f => f.inputs[0].strings.includes('') && (f.output === 0 || f.wrong.every(i => f.inputs[0].strings[i] === '')),
    why: 'an empty text split at a delimiter has one part, itself, in lapidary and the reference evaluator, and none in onnxruntime.', spec: 'the node tests follow Python\'s str.split.',
  },
  {
    id: 'float32-range', kind: /^(value|fast|fast whole|reread|optimize|optimize fast)$/, whose: open, op: /./,
    when: anyFar,
    why: 'squares or products of 1e15 and more (1e-30 and less; in float16 200 and more) leave the range of the type on the way: exact precision holds them in doubles, onnxruntime and the fast kernels, and the simpler operators that an older opset needs, do not.',
    spec: 'the type of intermediate results is not stated.',
  },
]

/** The entry that explains a finding, if one does. */
export const knownDisagreement = finding =>
  known.find(k => (k.kind instanceof RegExp ? k.kind.test(finding.kind) : k.kind === finding.kind) && (k.op instanceof RegExp ? k.op.test(finding.op) : k.op === finding.op) && k.when(finding))

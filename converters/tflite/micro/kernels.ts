import type { DType } from '../../../src/ir/dtype.ts'

/** The day of the sources that this table was read off: github.com/tensorflow/tflite-micro, commit 90b983c. */
export const asOf = '2026-08-20'

/** Operators that the runtime's resolver knows, by the element types that their reference kernels take as data; `any` moves elements of any kind. */
const table: Readonly<Record<string, string>> = {
  'float32 int8 int16 int32': 'ADD SUB MUL PAD PADV2 SPLIT_V SPLIT EXPAND_DIMS UNPACK RESIZE_NEAREST_NEIGHBOR SQUARED_DIFFERENCE',
  'float32 int8 int16 int32 int64': 'PACK MAXIMUM MINIMUM FILL DYNAMIC_UPDATE_SLICE',
  'float32 int8 int16 int32 bool': 'STRIDED_SLICE CAST',
  'float32 int8 int16 int32 int64 bool': 'CONCATENATION SLICE',
  'float32 int8 int16 int32 int64 bool uint8': 'REVERSE_V2',
  'float32 int8 int16': 'ABS RSQRT AVERAGE_POOL_2D MAX_POOL_2D BATCH_MATMUL CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED LEAKY_RELU LOGISTIC TANH MEAN SUM PRELU RELU RELU6 SELECT_V2 SOFTMAX SVDF TRANSPOSE TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM QUANTIZE',
  'float32 int8': 'ADD_N ARG_MAX ARG_MIN BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND CUMSUM DEPTH_TO_SPACE SPACE_TO_DEPTH ELU EMBEDDING_LOOKUP GATHER GATHER_ND HARD_SWISH L2_NORMALIZATION LOG_SOFTMAX MIRROR_PAD NEG REDUCE_MAX REDUCE_MIN RESIZE_BILINEAR',
  'float32 int32 int8': 'DIV',
  'float32 int32 int64': 'ZEROS_LIKE',
  'float32': 'CEIL COS EXP FLOOR FLOOR_DIV FLOOR_MOD L2_POOL_2D LOG ROUND SIN SQRT SQUARE',
  'bool float32 int32 int64 int8': 'EQUAL NOT_EQUAL',
  'float32 int32 int64 int8 int16': 'GREATER',
  'float32 int32 int64 int8': 'GREATER_EQUAL LESS LESS_EQUAL',
  'int8 int16 uint8': 'DEQUANTIZE',
  'bool': 'LOGICAL_AND LOGICAL_NOT LOGICAL_OR REDUCE_ALL IF',
  'any': 'ASSIGN_VARIABLE BROADCAST_ARGS BROADCAST_TO CALL_ONCE READ_VARIABLE RESHAPE SHAPE SQUEEZE VAR_HANDLE WHILE',
}

/** Element types by operator; undefined within for any. */
export const microKernels: ReadonlyMap<string, readonly DType[] | undefined> = new Map(
  Object.entries(table).flatMap(([dtypes, names]) => names.split(' ').map(name => [name, dtypes === 'any' ? undefined : (dtypes.split(' ') as DType[])] as const)),
)

/** The input that is the data, where it is not the first. */
export const dataInput: Readonly<Record<string, number>> = { SPLIT: 1, SELECT_V2: 1, EMBEDDING_LOOKUP: 1, TRANSPOSE_CONV: 2, FILL: 1 }

/** Axes at most: what a shape holds, and what single kernels hold. */
export const shapeRank = 6
export const mostRank: Readonly<Record<string, number>> = { SLICE: 5, BROADCAST_TO: 5, BATCH_MATMUL: 5, L2_NORMALIZATION: 4, BATCH_TO_SPACE_ND: 4, SPACE_TO_BATCH_ND: 4 }

/** Tensors that one CONCATENATION takes at most. */
export const mostConcatenated = 10

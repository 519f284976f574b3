import type { BuiltinOperator } from '../../../proto/tflite.gen.ts'

const lists: Readonly<Record<number, string>> = {
  2: `ADD SUB MUL DIV POW MAXIMUM MINIMUM FLOOR_DIV FLOOR_MOD SQUARED_DIFFERENCE ATAN2 BITWISE_XOR RIGHT_SHIFT EQUAL NOT_EQUAL LESS LESS_EQUAL GREATER GREATER_EQUAL
    LOGICAL_AND LOGICAL_OR GATHER GATHER_ND MEAN SUM REDUCE_MAX REDUCE_MIN REDUCE_PROD REDUCE_ANY REDUCE_ALL TRANSPOSE PAD MIRROR_PAD EXPAND_DIMS TILE BROADCAST_TO FILL
    REVERSE_V2 ARG_MAX ARG_MIN CUMSUM TOPK_V2 RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR PRELU BATCH_MATMUL FULLY_CONNECTED CONV_2D DEPTHWISE_CONV_2D CONV_3D SPLIT EMBEDDING_LOOKUP REVERSE_SEQUENCE`,
  3: 'SELECT SELECT_V2 SLICE SCATTER_ND SPLIT_V PADV2 TRANSPOSE_CONV CONV_3D_TRANSPOSE BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND RANGE',
  4: 'STRIDED_SLICE ONE_HOT',
}
const least = new Map(Object.entries(lists).flatMap(([count, names]) => names.split(/\s+/).map(name => [name, Number(count)] as const)))

/** How many inputs at the front an operator can't do without: the counts that the runtime's kernels check (tensorflow/lite/kernels). */
export const leastInputs = (name: BuiltinOperator): number => least.get(name) ?? 0

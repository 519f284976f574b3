import type { OperatorCode } from '../../proto/tflite.gen.ts'
import { builtinOf } from './model.ts'

/** Runtimes since 2.x that brought an operator's version: of those that the exporter writes; older ones are in all runtimes since 1.15. */
const since: Readonly<Record<string, string>> = {
  'BATCH_MATMUL 1': '2.3.0', 'BATCH_MATMUL 3': '2.4.0', 'BATCH_MATMUL 4': '2.5.0', 'BROADCAST_TO 2': '2.5.0', 'BROADCAST_TO 3': '2.5.0',
  'CONV_2D 5': '2.4.0', 'CONV_2D 6': '2.9.0', 'CONV_2D 7': '2.11.0', 'UNIDIRECTIONAL_SEQUENCE_LSTM 3': '2.3.0', 'UNIDIRECTIONAL_SEQUENCE_RNN 3': '2.3.0', 'BIDIRECTIONAL_SEQUENCE_RNN 3': '2.3.0', 'DEQUANTIZE 5': '2.7.0', 'DEQUANTIZE 6': '2.18.0', 'DEPTHWISE_CONV_2D 6': '2.3.0', 'ADD 4': '2.6.0', 'ADD 5': '2.13.0', 'SUB 3': '2.3.0', 'SUB 4': '2.4.0', 'DIV 2': '2.3.0',
  'CAST 2': '2.7.0', 'CAST 3': '2.8.0', 'CAST 4': '2.9.0', 'CAST 5': '2.12.0', 'CAST 7': '2.17.0', 'CONCATENATION 3': '2.3.0', 'CONCATENATION 4': '2.14.0', 'DEPTH_TO_SPACE 1': '2.1.0',
  'FULLY_CONNECTED 5': '2.0.0', 'FULLY_CONNECTED 6': '2.1.0', 'FULLY_CONNECTED 12': '2.17.0', 'GATHER 4': '2.4.0', 'GATHER 5': '2.5.0', 'GATHER_ND 2': '2.3.0', 'GATHER_ND 3': '2.5.0', 'GATHER_ND 5': '2.16.0',
  'MAXIMUM 3': '2.3.0', 'MINIMUM 3': '2.3.0', 'MUL 5': '2.6.0', 'MUL 6': '2.11.0', 'MUL 7': '2.13.0', 'PAD 4': '2.6.0', 'PADV2 4': '2.6.0', 'TILE 2': '2.2.0', 'TILE 3': '2.8.0',
  'TRANSPOSE 4': '2.3.0', 'TRANSPOSE 5': '2.4.0', 'TRANSPOSE 6': '2.12.0', 'RESIZE_BILINEAR 3': '2.2.0', 'RESIZE_NEAREST_NEIGHBOR 3': '2.3.0',
  'STRIDED_SLICE 3': '2.1.0', 'STRIDED_SLICE 4': '2.2.0', 'STRIDED_SLICE 5': '2.5.0', 'STRIDED_SLICE 6': '2.6.0', 'STRIDED_SLICE 7': '2.14.0', 'STRIDED_SLICE 8': '2.14.0',
  'ARG_MAX 3': '2.9.0', 'ARG_MIN 3': '2.9.0', 'TRANSPOSE_CONV 3': '2.3.0', 'TRANSPOSE_CONV 4': '2.13.0', 'PACK 3': '2.3.0', 'PACK 4': '2.13.0', 'SLICE 4': '2.4.0', 'SLICE 5': '2.5.0', 'SLICE 6': '2.14.0',
  'UNPACK 3': '2.2.0', 'UNPACK 4': '2.3.0', 'SELECT 3': '2.12.0', 'SELECT_V2 1': '2.2.0', 'SELECT_V2 2': '2.12.0', 'FLOOR_DIV 3': '2.13.0', 'FLOOR_MOD 2': '2.13.0', 'RELU_0_TO_1 1': '2.10.0',
  'RANGE 2': '2.14.0', 'ABS 5': '2.12.0', 'FILL 2': '2.3.0', 'FILL 3': '2.5.0', 'FILL 4': '2.12.0', 'REVERSE_V2 2': '2.2.0', 'CUMSUM 1': '2.4.0', 'CONV_3D 1': '2.5.0', 'REDUCE_ALL 1': '2.6.0',
  'CALL_ONCE 1': '2.5.0', 'VAR_HANDLE 1': '2.6.0', 'READ_VARIABLE 1': '2.6.0', 'ASSIGN_VARIABLE 1': '2.6.0',
  'WHERE 2': '2.8.0', 'GELU 1': '2.9.0', 'SIGN 1': '2.11.0', 'SIGN 2': '2.12.0', 'SCATTER_ND 1': '2.1.0', 'EQUAL 3': '2.3.0', 'NOT_EQUAL 3': '2.3.0', 'TOPK_V2 3': '2.13.0', 'DENSIFY 1': '2.2.0',
  'STABLEHLO_SCATTER 1': '2.15.0', 'DILATE 1': '2.15.0', 'STABLEHLO_RNG_BIT_GENERATOR 1': '2.15.0', 'REDUCE_WINDOW 1': '2.15.0', 'STABLEHLO_GATHER 1': '2.16.0', 'STABLEHLO_ADD 1': '2.16.0',
  'STABLEHLO_MULTIPLY 1': '2.16.0', 'STABLEHLO_REDUCE_WINDOW 1': '2.16.0', 'STABLEHLO_MAXIMUM 1': '2.16.0', 'STABLEHLO_MINIMUM 1': '2.16.0', 'STABLEHLO_PAD 1': '2.16.0',
  'STABLEHLO_COMPOSITE 1': '2.17.0', 'STABLEHLO_AND 1': '2.17.0', 'STABLEHLO_SHIFT_LEFT 1': '2.17.0', 'STABLEHLO_CBRT 1': '2.17.0', 'STABLEHLO_CASE 1': '2.17.0',
  'RFFT2D 1': '2.5.0', 'REAL 1': '2.5.0', 'IMAG 1': '2.5.0', 'COMPLEX_ABS 1': '2.5.0', 'BUCKETIZE 1': '2.8.0', 'RANDOM_UNIFORM 1': '2.8.0', 'RANDOM_STANDARD_NORMAL 1': '2.8.0',
  'MULTINOMIAL 1': '2.8.0', 'EMBEDDING_LOOKUP 4': '2.18.0', 'EMBEDDING_LOOKUP 5': '2.21.0',
  'BITCAST 1': '2.13.0', 'BITWISE_XOR 1': '2.13.0', 'RIGHT_SHIFT 1': '2.13.0', 'BROADCAST_ARGS 1': '2.6.0', 'SEGMENT_SUM 1': '2.2.0', 'CONV_3D_TRANSPOSE 1': '2.6.0',
  'UNSORTED_SEGMENT_PROD 1': '2.10.0', 'UNSORTED_SEGMENT_MAX 1': '2.10.0', 'UNSORTED_SEGMENT_MIN 1': '2.11.0', 'UNSORTED_SEGMENT_SUM 1': '2.10.0',
  'NON_MAX_SUPPRESSION_V4 1': '2.1.0', 'NON_MAX_SUPPRESSION_V5 1': '2.1.0', 'DYNAMIC_UPDATE_SLICE 1': '2.9.0', 'DYNAMIC_UPDATE_SLICE 2': '2.17.0', 'DYNAMIC_UPDATE_SLICE 3': '2.19.0',
  'DYNAMIC_UPDATE_SLICE 4': '2.20.0', 'DYNAMIC_UPDATE_SLICE 5': '2.21.0', 'DYNAMIC_UPDATE_SLICE 6': '2.22.0',
}

const order = (version: string): number => version.split('.').reduce((n, part) => n * 1000 + Number(part), 0)

/** The oldest runtime that has all of a model's operators in their versions. */
export const minRuntimeVersion = (codes: readonly OperatorCode[]): string =>
  codes.map(code => since[`${builtinOf(code)} ${code.version ?? 1}`] ?? '1.15.0').reduce((a, b) => (order(a) >= order(b) ? a : b), '1.15.0')

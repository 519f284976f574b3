import { pinnedOpsets } from '../../proto/onnx-versions.gen.ts'

/**
 * Operator set of ai.onnx for models that don't come with one: of 2022, taken by every runtime in use (ONNX Runtime
 * since 1.12, TensorRT 8.5, OpenVINO 2022.3).
 */
export const usualOpset = 17

/** Those that are tried where the usual one can't say a model. */
export const laterOpsets: readonly number[] = [18, 21, 24, 26, pinnedOpsets['']!]

/** Below it broadcasting was said by attributes, and no runtime promises to take it (ONNX Runtime's own limit). */
export const oldestOpset = 7

/** The IR version of the ONNX release that brought each operator set (onnx/helper.py, VERSION_TABLE). */
const irVersions: readonly (readonly [opset: number, irVersion: number])[] = [
  [28, 14], [25, 13], [24, 12], [23, 11], [21, 10], [19, 9], [15, 8], [12, 7], [11, 6], [10, 5], [9, 4], [1, 3],
]

/** The IR version to go with an operator set. At least 4, from which on initializers need not be inputs. */
export const irVersionFor = (opset: number): number => Math.max(4, irVersions.find(([o]) => o <= opset)?.[1] ?? 3)

import { LapidaryError } from '../diag/diagnostic.ts'
import type { Node } from '../ir/model.ts'

const named = (node: Node): string => (node.name === '' ? node.qualified : `${node.qualified} "${node.name}"`)

/** A node whose types, shapes or attributes can't be. */
export const inferInvalid = (node: Node, message: string): LapidaryError =>
  new LapidaryError({
    code: 'ir.infer.invalid',
    severity: 'error',
    message: `${named(node)}: ${message}`,
    at: node.origin,
    help: 'The model (or an input shape that was given) contradicts the operator; check it where it was exported.',
  })

/** Inputs for which an operator has no result. */
export const computeInvalid = (node: Node, message: string): LapidaryError =>
  new LapidaryError({ code: 'ops.compute.invalid', severity: 'error', message: `${named(node)}: ${message}`, at: node.origin })

/** What to do about an operator that is not known here. */
export const unknownRemedy = (node: Pick<Node, 'domain'>): string =>
  node.domain === 'com.microsoft'
    ? "It is one of onnxruntime's own, as its optimizers put in: export the model without them (optimum without --optimize, onnxruntime with graph optimizations off), or run it as it is with --on onnxruntime. It can be inspected, carried and written back."
    : 'It can be inspected, carried and written back. `lapidary ops` lists what can be run.'

/** An operator without a meaning here. */
export const operatorUnknown = (node: Node): LapidaryError =>
  new LapidaryError({
    code: 'ops.operator.unknown',
    severity: 'error',
    message: `${named(node)} can't be run: the operator is not known here`,
    at: node.origin,
    help: unknownRemedy(node),
  })

/** A node that can't be said in the opset version asked for. */
export const versionUnsayable = (node: Node, version: number, reason: string): LapidaryError =>
  new LapidaryError({
    code: 'ops.version.unsayable',
    severity: 'error',
    message: `${named(node)} can't be said in opset ${version}: ${reason}`,
    at: node.origin,
    help: 'Ask for a newer opset with --opset.',
  })

/** A constant that a rewrite would have to write out, element by element. */
export const constantTooLarge = (count: number): LapidaryError =>
  new LapidaryError({ code: 'ops.constant.refused', severity: 'error', message: `it would take a constant of ${count} elements, written out one by one` })

/** A value too large for an array. */
export const valueTooLarge = (node: Node): LapidaryError =>
  new LapidaryError({ code: 'ops.memory.refused', severity: 'error', message: `${named(node)}: a value is so large that the system gives no memory for it`, at: node.origin })

/** The library that decodes images can't be loaded. */
export const imageLibraryMissing = (node: Node, why: string): LapidaryError =>
  new LapidaryError({
    code: 'ops.image.missing',
    severity: 'error',
    message: `${named(node)}: the package @imagemagick/magick-wasm, which decodes images, can't be loaded: ${why}`,
    at: node.origin,
    help: 'npm install @imagemagick/magick-wasm (in a browser: initialize it and hand it to provideImageLibrary)',
  })

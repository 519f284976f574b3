// How to make one or a few nodes of each operator: `recipes[op](scene, op)`.
import { control } from './control.mjs'
import { elementwise } from './elementwise.mjs'
import { images } from './images.mjs'
import { linear } from './linear.mjs'
import { movement } from './movement.mjs'
import { quantized } from './quantized.mjs'
import { reduction } from './reduction.mjs'
import { sequences } from './sequences.mjs'
import { signals } from './signals.mjs'
import { windows } from './windows.mjs'

export const recipes = { ...elementwise, ...movement, ...reduction, ...linear, ...windows, ...images, ...quantized, ...sequences, ...control, ...signals }

/** Operators whose elements are drawn anew in every run: only their dtype and shape are compared. */
export const random = new Set(['RandomNormal', 'RandomUniform', 'RandomNormalLike', 'RandomUniformLike', 'Bernoulli', 'Multinomial'])

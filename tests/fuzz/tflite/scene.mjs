// Draws and scenes of graphs that have a chance to be TFLite: float32 mostly, tensors with elements, and odd numbers now and then.
import { Draw } from '../graphs/draw.mjs'
import { Scene } from '../graphs/scene.mjs'
import { legalDtypes } from '../graphs/tables.mjs'

export class TfliteDraw extends Draw {
  constructor(seed) {
    super(seed)
    this.odd = this.chance(0.06)
    this.empty = this.chance(0.02)
  }
  size() {
    return this.empty ? super.size() : Math.max(1, super.size())
  }
  temper() {
    const temper = super.temper()
    return this.odd || temper === 'plain' ? temper : 'wide'
  }
}

const usual = ['float32', 'float32', 'float32', 'float32', 'int32', 'int64', 'bool']

export class TfliteScene extends Scene {
  dtype(op, variable = 'T', allow = () => true) {
    const legal = legalDtypes(op, variable).filter(allow)
    const known = usual.filter(t => legal.includes(t))
    return known.length > 0 && this.draw.chance(0.97) ? this.draw.pick(known) : super.dtype(op, variable, allow)
  }
}

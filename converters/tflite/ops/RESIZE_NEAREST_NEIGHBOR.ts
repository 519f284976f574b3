import { resize2d } from '../kit/resize.ts'
import type { TfliteOperator } from '../operator.ts'

export const RESIZE_NEAREST_NEIGHBOR: TfliteOperator = resize2d('RESIZE_NEAREST_NEIGHBOR', 'ResizeNearestNeighborOptions', 'nearest')

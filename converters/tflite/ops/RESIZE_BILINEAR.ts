import { resize2d } from '../kit/resize.ts'
import type { TfliteOperator } from '../operator.ts'

export const RESIZE_BILINEAR: TfliteOperator = resize2d('RESIZE_BILINEAR', 'ResizeBilinearOptions', 'linear')

import { unsortedSegment } from '../kit/segment.ts'
import type { TfliteOperator } from '../operator.ts'

export const UNSORTED_SEGMENT_MIN: TfliteOperator = unsortedSegment('UNSORTED_SEGMENT_MIN', 'UnsortedSegmentMinOptions', 'min')

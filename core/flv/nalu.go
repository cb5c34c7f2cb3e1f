package flv

import "fmt"

const avcHeaderSize = 1 // of a NAL unit

// defaultLengthSize is the size of a NAL unit's length in bodies written here, and in containers until SetConfig says otherwise.
const defaultLengthSize = 4

// forbiddenZeroBit is set in the header of no NAL unit of H.264 or HEVC: it means that the unit was damaged on its way.
// Decoders pass over such units.
const forbiddenZeroBit = 0x80

var errForbiddenBit = fmt.Errorf("%w: its forbidden_zero_bit is set, which says that it is damaged", ErrBadNALUnit)

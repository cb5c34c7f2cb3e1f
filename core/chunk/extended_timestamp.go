package chunk

import "encoding/binary"

// A timestamp or delta that does not fit into its 24-bit field has all ones
// there and follows the message header as 32 bits, big-endian. It is repeated
// in the type 3 chunks that refer to this header. RTMP 1.0, 5.3.1.3.
const (
	extendedMark  = 0xFFFFFF
	extendedBytes = 4
)

// timestampField is what stands in the 24-bit field.
func (h *messageHeader) timestampField() uint32 {
	if h.extended {
		return extendedMark
	}
	return h.time
}

func appendExtendedTimestamp(dst []byte, h messageHeader) []byte {
	if !h.extended {
		return dst
	}
	return binary.BigEndian.AppendUint32(dst, h.time)
}

// skipRepeatedTimestamp passes over the extended timestamp of a type 3 chunk.
//
// Peers differ: most repeat the value, gortmplib (MediaMTX) writes zeros in its
// place, and some leave the field out. Only the bytes can tell: if the next
// four are neither the value nor zeros they are payload and stay. They are
// looked at one by one, in order not to wait for bytes behind a short payload. An
// end of the stream before they tell is an end within the message.
func (r *Reader) skipRepeatedTimestamp(value uint32) error {
	var want [extendedBytes]byte
	binary.BigEndian.PutUint32(want[:], value)

	isValue, isZero := true, true
	for i := range extendedBytes {
		b, err := r.buf.Peek(i + 1)
		if err != nil {
			return err
		}

		isValue = isValue && b[i] == want[i]
		isZero = isZero && b[i] == 0
		if !isValue && !isZero {
			return nil
		}
	}

	_, err := r.buf.Discard(extendedBytes)
	return err
}

package message

import (
	"encoding/binary"
	"fmt"
)

// LimitType says how a SetPeerBandwidth relates to the limits before it.
type LimitType uint8

// Limit types. RTMP 1.0, 5.4.5.
const (
	LimitHard    LimitType = 0 // limit to this size
	LimitSoft    LimitType = 1 // limit to this size or the limit before, the smaller one
	LimitDynamic LimitType = 2 // hard if the limit before was hard, else to be ignored
)

// String returns the name of the limit type.
func (l LimitType) String() string {
	switch l {
	case LimitHard:
		return "hard"
	case LimitSoft:
		return "soft"
	case LimitDynamic:
		return "dynamic"
	default:
		return fmt.Sprintf("limit type %d", uint8(l))
	}
}

// SetPeerBandwidth asks its receiver to limit what it has sent and not yet had
// acknowledged. RTMP 1.0, 5.4.5.
type SetPeerBandwidth struct {
	// Size of the window in bytes.
	Size uint32

	LimitType LimitType
}

// Type implements Message.
func (*SetPeerBandwidth) Type() Type { return TypeSetPeerBandwidth }

// AppendBody implements Message. It does not fail.
func (m *SetPeerBandwidth) AppendBody(dst []byte) ([]byte, error) {
	dst = binary.BigEndian.AppendUint32(dst, m.Size)
	return append(dst, byte(m.LimitType)), nil
}

func (m *SetPeerBandwidth) unmarshal(body []byte) error {
	if err := checkSize(body, 5); err != nil {
		return err
	}
	m.Size = binary.BigEndian.Uint32(body)
	m.LimitType = LimitType(body[4])
	return nil
}

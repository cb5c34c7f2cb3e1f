package flv

import (
	"encoding/binary"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// BreakLink says in the body of a message, if it is a CRA picture of HEVC, that what was in front of it is gone: it makes it a BLA picture
// (H.265, 3.14 and 7.4.2.2), in place. The order of pictures is counted anew from there. A decoder would otherwise go on counting, by the
// few bits that each picture has of its place, and take it wrong where many are missing. All other bodies stay as they are.
//
// The RASL pictures that follow must not be sent.
func BreakLink(body []byte) {
	for tag, err := range VideoTags(body) {
		if err != nil || tag.Codec != HEVC || tag.PacketType != PacketFrame {
			continue
		}
		for rest := tag.Data; len(rest) > defaultLengthSize; {
			size := binary.BigEndian.Uint32(rest)
			rest = rest[defaultLengthSize:]
			if uint64(size) > uint64(len(rest)) {
				break
			}
			nalu := rest[:size]
			rest = rest[size:]
			if len(nalu) >= hevcHeaderSize && hevcLayer(nalu) == 0 && hevcType(nalu) == h265.NALUType_CRA_NUT {
				nalu[0] = nalu[0]&0x81 | byte(h265.NALUType_BLA_W_RADL)<<1
			}
		}
	}
}

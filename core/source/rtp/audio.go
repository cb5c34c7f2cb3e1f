package rtp

import (
	"fmt"

	"github.com/pion/rtp/codecs"

	"luatrtmp/core/flv"
)

// frames takes audio frames out of the payloads of packets that are in order.
type frames interface {
	// add takes the next payload, which is not kept, and the timestamp of its packet in ticks. It calls emit for each frame that is whole
	// now, with the frame's own timestamp; the frame is valid during that call. After an error the rest of the packet is left out.
	add(payload []byte, marker bool, at int64, emit func(frame []byte, at int64)) error

	// reset forgets the beginning of a frame: the rest of it is lost.
	reset()

	// config returns the decoder configuration that came with the stream, nil if none did.
	config() []byte
}

func newFrames(m *Medium) frames {
	switch {
	case m.latm:
		return &latm{mux: m.mux, inband: m.mux == nil, asc: m.Config, rate: int64(m.ClockRate)}
	case m.Codec == flv.AAC:
		return &generic{genericFormat: m.generic}
	case m.Codec == flv.MP3, m.Codec == flv.AC3:
		return &selfFramed{codec: m.Codec, clockRate: int64(m.ClockRate)}
	case m.Codec == flv.Opus:
		return &opusFrames{}
	default:
		return &samples{}
	}
}

// opusFrames: RFC 7587, 4.2: a packet has one Opus packet.
type opusFrames struct{ pion codecs.OpusPacket }

func (o *opusFrames) reset()         {}
func (o *opusFrames) config() []byte { return nil }

func (o *opusFrames) add(payload []byte, _ bool, at int64, emit func([]byte, int64)) error {
	frame, err := o.pion.Unmarshal(payload)
	if err != nil {
		return fmt.Errorf("%w: %w", errBadPayload, err)
	}
	emit(frame, at)
	return nil
}

// samples: RFC 3551, 4.5.14: a packet of G.711 has samples and nothing else.
type samples struct{}

func (samples) reset()         {}
func (samples) config() []byte { return nil }

func (samples) add(payload []byte, _ bool, at int64, emit func([]byte, int64)) error {
	emit(payload, at)
	return nil
}

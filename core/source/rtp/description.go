package rtp

import (
	"net/netip"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"luatrtmp/core/flv"
)

// Description says what is to be received, and where.
type Description struct {
	Media   []Medium // one of video, or of audio, or video and audio
	Skipped []string // what else is sent and will not be received, in words for a log
}

// Medium is one stream of RTP packets.
type Medium struct {
	Address netip.AddrPort // where the packets come in; a multicast group is to be joined
	RTCP    uint16         // the port of RTCP; 0: there is none, or it is that of RTP
	Sources []netip.Addr   // whose packets are taken; empty: everybody's

	Codec       flv.Codec
	PayloadType int // that of the packets to take; -1: that of the first packet
	ClockRate   int // ticks of the timestamps per second
	SampleRate  int // of audio, in Hz
	Channels    int // of audio; 0: unknown

	// Sets are the parameter sets of H.264 (SPS, PPS) and HEVC (VPS, SPS, PPS) that the description has. Those in the stream override them.
	Sets [][]byte

	// Config is the decoder configuration of audio; see flv.AccessUnit. For MP4A-LATM it may come with the stream.
	Config []byte

	ignored string // the parameter of an SDP whose parameter sets could not all be read; empty: they could

	generic genericFormat               // of MPEG4-GENERIC
	latm    bool                        // MP4A-LATM
	mux     *mpeg4audio.StreamMuxConfig // of MP4A-LATM; nil: it comes with the stream
}

// Video returns the medium that is video, nil if there is none.
func (d *Description) Video() *Medium { return d.medium(flv.Video) }

// Audio returns the medium that is audio, nil if there is none.
func (d *Description) Audio() *Medium { return d.medium(flv.Audio) }

func (d *Description) medium(kind flv.Kind) *Medium {
	for i := range d.Media {
		if m := &d.Media[i]; m.Codec.Kind() == kind {
			return m
		}
	}
	return nil
}

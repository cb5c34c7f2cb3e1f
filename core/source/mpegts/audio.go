package mpegts

import (
	"cmp"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/audioframes"
	"luatrtmp/core/source/media"
)

// maxAudioFrame is more than any frame of the framings has: ADTS up to 8 kB, E-AC-3 up to 4 kB per substream.
const maxAudioFrame = 64 << 10

// audio is what a stream of audio has beside that of video. Frames may lie across packets: the time of a packet is that of the first frame that
// begins in it. ISO/IEC 13818-1, 2.4.3.7.
type audio struct {
	framing  audioframes.Framing
	opusHead []byte
	info     *flv.AudioInfo // nil until the first frame

	refused bool   // it is MPEG audio of another layer than that of MP3
	rest    []byte // the begin of a frame
	config  []byte
	rate    int64
	timed   bool
	at      place // of the packet in which the next frame begins
	base    int64 // time of a frame
	samples int64 // since then
}

func newTSAudio(codec flv.Codec, opusHead []byte) audio {
	a := audio{opusHead: opusHead}
	for _, f := range []audioframes.Framing{audioframes.ADTS, audioframes.MP3, audioframes.AC3, audioframes.EAC3} {
		if f.Codec == codec {
			a.framing = f
		}
	}
	return a
}

// setTime says when the next frame, the first one that begins in a packet, is due.
func (s *stream) setTime(p *pes) {
	a := &s.audio
	switch {
	case p.timed:
		a.timed, a.base, a.samples = true, p.pts, 0
		p.timed = false
	case !a.timed && (s.untimed || s.resumed):
		a.timed, a.base, a.samples = true, s.due(), 0
	}
	if a.at.offset != p.at.offset || a.at.route == nil {
		a.at = p.at
		a.at.next = a.now()
	}
}

func (a *audio) now() int64 {
	if a.rate == 0 {
		return a.base
	}
	return a.base + a.samples*clock/a.rate
}

func (s *stream) addAudio(p pes) {
	if s.codec == flv.Opus {
		s.addOpus(&p)
		return
	}
	a := &s.audio
	if a.info == nil && s.codec == flv.MP3 && !a.refused && media.FindMP2(p.data) {
		a.refused, a.rest = true, nil
		s.fault = fmt.Errorf("%s: %w", media.MP2, media.ErrUnsupported)
	}
	if a.refused {
		return
	}
	old := len(a.rest)
	data := append(a.rest, p.data...)
	a.rest = nil
	for pos := 0; pos < len(data); {
		if pos >= old {
			s.setTime(&p)
		}
		left := data[pos:]
		if len(left) < a.framing.Head {
			a.rest = left[:len(left):len(left)]
			return
		}
		h, err := a.framing.Parse(left)
		if err != nil || h.Follows {
			s.fault = cmp.Or(s.fault, err)
			pos++ // a frame begins at one of the next bytes, or nothing does
			continue
		}
		size := h.Size
		for { // substreams
			next := left[min(size, len(left)):]
			if len(next) < a.framing.Head || size > maxAudioFrame {
				break
			}
			if n, err := a.framing.Parse(next); err != nil || !n.Follows {
				break
			} else {
				size += n.Size
			}
		}
		if size > len(left) {
			if size <= maxAudioFrame {
				a.rest = left[:len(left):len(left)]
			}
			return
		}
		if !h.Silent {
			s.addFrame(left[h.Header:size:size], h)
		}
		pos += size
	}
}

// addFrame puts a frame in the queue, unless its time is unknown.
func (s *stream) addFrame(data []byte, h audioframes.FrameHeader) {
	a := &s.audio
	if !a.timed {
		return
	}
	u := &unit{AccessUnit: flv.AccessUnit{Kind: flv.Audio, Codec: s.codec, Data: data}}
	rate := int64(h.Rate)
	if h.Config != nil {
		if a.config != nil && &a.config[0] == &h.Config[0] {
			rate = a.rate
		} else {
			core, err := flv.CoreSampleRate(h.Config)
			if err != nil {
				s.fault = cmp.Or(s.fault, err)
				return
			}
			rate, a.config, u.Config = int64(core), h.Config, h.Config
		}
	}
	if rate != a.rate {
		a.base, a.samples, a.rate = a.now(), 0, rate
	}
	if a.info == nil {
		info, err := media.NewAudioInfo(s.codec, u.Config, data)
		if err != nil {
			s.fault = cmp.Or(s.fault, err)
			return
		}
		a.info = &info
	}
	s.pushAudio(u, int64(h.Samples))
}

func (s *stream) pushAudio(u *unit, samples int64) {
	a := &s.audio
	u.dts = a.now()
	u.pts = u.dts
	u.at = a.at
	a.samples += samples
	s.push(u)
	s.frame = a.now() - u.dts
}

// addOpus takes a packet of Opus, which has whole frames with headers of their own. ETSI TS Opus 0.1.3-draft, table 6-6.
func (s *stream) addOpus(p *pes) {
	a := &s.audio
	s.setTime(p)
	if !a.timed {
		return
	}
	a.rate = flv.OpusRate
	for data := p.data; len(data) > 0; {
		var au substructs.OpusAccessUnit
		n, err := au.Unmarshal(data)
		if err != nil {
			s.fault = cmp.Or(s.fault, fmt.Errorf("bad Opus frame: %w", err))
			return
		}
		data = data[n:]
		u := &unit{AccessUnit: flv.AccessUnit{Kind: flv.Audio, Codec: flv.Opus, Data: au.Packet}}
		if a.config == nil {
			a.config, u.Config = a.opusHead, a.opusHead
		}
		if a.info == nil {
			info, err := media.NewAudioInfo(flv.Opus, a.opusHead, au.Packet)
			if err != nil {
				s.fault = cmp.Or(s.fault, err)
				return
			}
			a.info = &info
		}
		s.pushAudio(u, opus.PacketDuration2(au.Packet))
	}
}

package source

import (
	"cmp"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"

	"luatrtmp/core/flv"
)

// maxAudioFrame is more than any frame of the framings has: ADTS up to 8 kB, E-AC-3 up to 4 kB per substream.
const maxAudioFrame = 64 << 10

// tsAudio is what a stream of audio has beside that of video. Frames may lie across packets: the time of a packet is that of the first frame that
// begins in it. ISO/IEC 13818-1, 2.4.3.7.
type tsAudio struct {
	framing  framing
	opusHead []byte
	info     *flv.AudioInfo // nil until the first frame

	refused bool   // it is MPEG audio of another layer than that of MP3
	rest    []byte // the begin of a frame
	config  []byte
	rate    int64
	timed   bool
	base    int64 // time of a frame
	samples int64 // since then
}

func newTSAudio(codec flv.Codec, opusHead []byte) tsAudio {
	a := tsAudio{opusHead: opusHead}
	for _, f := range []framing{adtsFraming, mp3Framing, ac3Framing, eac3Framing} {
		if f.codec == codec {
			a.framing = f
		}
	}
	return a
}

// setTime says when the next frame begins.
func (a *tsAudio) setTime(p *tsPES) {
	if p.timed {
		a.timed, a.base, a.samples = true, p.pts, 0
		p.timed = false
	}
}

func (a *tsAudio) now() int64 {
	if a.rate == 0 {
		return a.base
	}
	return a.base + a.samples*tsClock/a.rate
}

func (s *tsStream) addAudio(p tsPES) {
	if s.codec == flv.Opus {
		s.addOpus(&p)
		return
	}
	a := &s.audio
	if a.info == nil && s.codec == flv.MP3 && !a.refused && findOtherLayer(p.data) {
		a.refused, a.rest = true, nil
		s.fault = fmt.Errorf("%s: %w", otherLayer, ErrUnsupported)
	}
	if a.refused {
		return
	}
	old := len(a.rest)
	data := append(a.rest, p.data...)
	a.rest = nil
	for pos := 0; pos < len(data); {
		if pos >= old {
			a.setTime(&p)
		}
		left := data[pos:]
		if len(left) < a.framing.head {
			a.rest = left[:len(left):len(left)]
			return
		}
		h, err := a.framing.parse(left)
		if err != nil || h.follows {
			s.fault = cmp.Or(s.fault, err)
			pos++ // a frame begins at one of the next bytes, or nothing does
			continue
		}
		size := h.size
		for { // substreams
			next := left[min(size, len(left)):]
			if len(next) < a.framing.head || size > maxAudioFrame {
				break
			}
			if n, err := a.framing.parse(next); err != nil || !n.follows {
				break
			} else {
				size += n.size
			}
		}
		if size > len(left) {
			if size <= maxAudioFrame {
				a.rest = left[:len(left):len(left)]
			}
			return
		}
		if !h.silent {
			s.addFrame(left[h.header:size:size], h)
		}
		pos += size
	}
}

// addFrame puts a frame in the queue, unless its time is unknown.
func (s *tsStream) addFrame(data []byte, h frameHeader) {
	a := &s.audio
	if !a.timed {
		return
	}
	u := &tsUnit{AccessUnit: flv.AccessUnit{Kind: flv.Audio, Codec: s.codec, Data: data}}
	rate := int64(h.rate)
	if h.config != nil {
		if a.config != nil && &a.config[0] == &h.config[0] {
			rate = a.rate
		} else {
			core, err := flv.CoreSampleRate(h.config)
			if err != nil {
				s.fault = cmp.Or(s.fault, err)
				return
			}
			rate, a.config, u.Config = int64(core), h.config, h.config
		}
	}
	if rate != a.rate {
		a.base, a.samples, a.rate = a.now(), 0, rate
	}
	if a.info == nil {
		info, err := audioInfo(s.codec, u.Config, data)
		if err != nil {
			s.fault = cmp.Or(s.fault, err)
			return
		}
		a.info = &info
	}
	s.pushAudio(u, int64(h.samples))
}

func (s *tsStream) pushAudio(u *tsUnit, samples int64) {
	a := &s.audio
	u.dts = a.now()
	u.pts = u.dts
	u.offset = max(s.pesAt, 0)
	a.samples += samples
	s.push(u)
	s.frame = a.now() - u.dts
}

// addOpus takes a packet of Opus, which has whole frames with headers of their own. ETSI TS Opus 0.1.3-draft, table 6-6.
func (s *tsStream) addOpus(p *tsPES) {
	a := &s.audio
	a.setTime(p)
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
		u := &tsUnit{AccessUnit: flv.AccessUnit{Kind: flv.Audio, Codec: flv.Opus, Data: au.Packet}}
		if a.config == nil {
			a.config, u.Config = a.opusHead, a.opusHead
		}
		if a.info == nil {
			info, err := audioInfo(flv.Opus, a.opusHead, au.Packet)
			if err != nil {
				s.fault = cmp.Or(s.fault, err)
				return
			}
			a.info = &info
		}
		s.pushAudio(u, opus.PacketDuration2(au.Packet))
	}
}

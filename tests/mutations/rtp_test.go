package mutations_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
	"luatrtmp/core/source/rtp"
)

// A recording of datagrams is a list of them: the number of the medium, a pause in ms, the size in two bytes, the datagram.
const recordHeader = 4

func appendRecord(b []byte, medium int, pause byte, datagram []byte) []byte {
	b = append(b, byte(medium), pause)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(datagram))), datagram...)
}

// records finds the datagrams of a recording, and the payloads in them.
func records(b []byte) (starts []int) {
	for at := 0; at+recordHeader < len(b); {
		starts = append(starts, at, min(at+recordHeader+12, len(b)-1))
		at += recordHeader + int(binary.BigEndian.Uint16(b[at+2:]))
	}
	return starts
}

const mtu = 300

// sequence is a stream of datagrams.
type sequence struct {
	name  string
	url   string
	files []string // a file for each medium of the URL
	cut   func(u *flv.AccessUnit) [][]byte
}

func bySize(payload func(mtu uint16, data []byte) [][]byte) func(u *flv.AccessUnit) [][]byte {
	return func(u *flv.AccessUnit) [][]byte { return payload(mtu, u.Data) }
}

// byNALU has each NAL unit in packets of its own.
func byNALU(u *flv.AccessUnit) (all [][]byte) {
	header := map[flv.Codec]int{flv.H264: 1, flv.HEVC: 2}[u.Codec]
	for _, n := range u.NALUs {
		if len(n) <= mtu {
			all = append(all, n)
			continue
		}
		rest, start := n[header:], byte(0x80)
		for len(rest) > 0 {
			size := min(mtu, len(rest))
			end := byte(0)
			if size == len(rest) {
				end = 0x40
			}
			fragment := []byte{n[0]&0x60 | 28, start | end | n[0]&0x1F}
			if u.Codec == flv.HEVC {
				fragment = []byte{n[0]&0x81 | 49<<1, n[1], start | end | n[0]>>1&0x3F}
			}
			all = append(all, append(fragment, rest[:size]...))
			rest, start = rest[size:], 0
		}
	}
	return all
}

// inOnePacket has a header in front of the frame.
func inOnePacket(header func(size int) []byte) func(u *flv.AccessUnit) [][]byte {
	return func(u *flv.AccessUnit) [][]byte { return [][]byte{append(header(len(u.Data)), u.Data...)} }
}

const mpeg4Generic = "mode=AAC-hbr&sizelength=13&indexlength=3&indexdeltalength=3&config=120856e500" // 44,100 Hz, mono

var sequences = []sequence{
	{"h264", "codec=h264", []string{"slices.h264"}, byNALU},
	{"h264 with b-frames", "codec=h264", []string{"bframes.h264"}, byNALU},
	{"hevc", "codec=hevc", []string{"bframes.h265"}, byNALU},
	{"av1", "codec=av1", []string{"av1.ivf"}, bySize((&codecs.AV1Payloader{}).Payload)},
	{"vp8", "codec=vp8", []string{"vp8.ivf"}, bySize((&codecs.VP8Payloader{EnablePictureID: true}).Payload)},
	{"vp9", "codec=vp9", []string{"vp9.ivf"}, bySize((&codecs.VP9Payloader{}).Payload)},
	{"aac", "codec=aac&" + mpeg4Generic, []string{"tone.aac"}, inOnePacket(func(size int) []byte { return []byte{0, 16, byte(size >> 5), byte(size << 3)} })},
	{"opus", "codec=opus&channels=1", []string{"opus.ogg"}, inOnePacket(func(int) []byte { return nil })},
	{"g711", "codec=pcma", []string{"alaw.wav"}, inOnePacket(func(int) []byte { return nil })},
	{"h264 with aac", "codec=h264&audio_codec=aac&audio_" + strings.ReplaceAll(mpeg4Generic, "&", "&audio_"), []string{"bframes.h264", "tone.aac"}, nil},
}

// recording returns the datagrams of a sequence. Its senders have numbers that begin with ssrc.
func (s sequence) recording(t testing.TB, d *rtp.Description, ssrc uint32) (b []byte) {
	t.Helper()
	next := make([][]flv.AccessUnit, len(s.files))
	for i, name := range s.files {
		next[i] = units(t, name)
	}
	numbers := make([]uint16, len(s.files))
	now := time.Duration(0)
	for {
		medium := -1
		for i := range next {
			if len(next[i]) > 0 && (medium < 0 || next[i][0].DTS < next[medium][0].DTS) {
				medium = i
			}
		}
		if medium < 0 {
			return b
		}
		u := &next[medium][0]
		next[medium] = next[medium][1:]
		pause := byte((u.DTS - now) / time.Millisecond)
		now = u.DTS
		payloads := s.payloads(medium, u)
		for i, payload := range payloads {
			p := pion.Packet{Header: pion.Header{
				Version: 2, Marker: i == len(payloads)-1, PayloadType: 96, SequenceNumber: numbers[medium], SSRC: ssrc + uint32(medium),
				Timestamp: uint32(u.PTS * time.Duration(d.Media[medium].ClockRate) / time.Second),
			}, Payload: payload}
			numbers[medium]++
			datagram, err := p.Marshal()
			require.NoError(t, err)
			b = appendRecord(b, medium, pause, datagram)
			pause = 0
		}
	}
}

func (s sequence) payloads(medium int, u *flv.AccessUnit) [][]byte {
	switch {
	case s.cut != nil:
		return s.cut(u)
	case medium == 0:
		return byNALU(u)
	}
	return sequences[6].cut(u) // AAC
}

// Whatever of a sequence of RTP packets is lost, repeated, damaged or not meant for it, what comes out is as a stream promises, and when an
// undamaged sender follows, its frames come.
func TestMutatedRTP(t *testing.T) {
	for _, s := range sequences {
		t.Run(s.name, func(t *testing.T) {
			d, err := rtp.ParseURL("rtp://127.0.0.1:5004?" + s.url)
			require.NoError(t, err)
			damaged, whole := s.recording(t, d, 1), s.recording(t, d, 1000)
			files := [][]byte{damaged}
			if len(s.files) == 1 && s.name != "h264" {
				h264, err := rtp.ParseURL("rtp://127.0.0.1:5004?codec=h264")
				require.NoError(t, err)
				files = append(files, sequences[0].recording(t, h264, 1)) // something of another codec
			}
			repeat(t, func(random *rand.Rand) ([]byte, func() (int, error)) {
				m := mutator{Rand: random, files: files, elements: records}
				m.files = files[:1]
				if random.IntN(8) == 0 {
					m.files = files
				}
				b := m.file()
				return b, func() (int, error) { return receive(d, b, whole) }
			})
		})
	}
}

// receiver is a stream, and what came out of it against what is promised.
type receiver struct {
	*rtp.Stream
	media    int
	now      time.Duration
	units    int
	last     map[flv.Kind]time.Duration
	warnings int
	err      error
}

// receive plays a damaged recording, and after a minute one that is whole.
func receive(d *rtp.Description, damaged, whole []byte) (int, error) {
	r := &receiver{media: len(d.Media), now: time.Second, last: map[flv.Kind]time.Duration{}}
	var err error
	if r.Stream, err = rtp.New(d, rtp.Sink{Unit: r.unit, Dropped: func(int, int) {}, Warn: r.warn}); err != nil {
		return 0, err
	}
	r.Play(r.now)
	size := len(damaged)
	r.play(damaged)
	r.wait(time.Minute)
	if r.err == nil && r.units > size {
		r.err = fmt.Errorf("%d units of %d bytes", r.units, size)
	}
	before := r.units
	r.play(whole)
	r.wait(time.Minute)
	if r.err == nil && r.units == before {
		r.err = errors.New("nothing comes of the undamaged sender that follows")
	}
	return r.units, r.err
}

func (r *receiver) play(b []byte) {
	for len(b) >= recordHeader {
		n := min(int(binary.BigEndian.Uint16(b[2:])), len(b)-recordHeader)
		r.wait(time.Duration(b[1]) * time.Millisecond)
		r.Packet(int(b[0])%r.media, b[recordHeader:recordHeader+n], r.now)
		b = b[recordHeader+n:]
	}
}

// wait lets time pass. What is due is done at the time at which it is.
func (r *receiver) wait(d time.Duration) {
	for end, ticks := r.now+d, 0; ; ticks++ {
		due, waits := time.Duration(0), false
		for i := range r.media {
			if at, ok := r.Deadline(i); ok && (!waits || at < due) {
				due, waits = at, true
			}
		}
		if !waits || due > end {
			r.now = end
			return
		}
		if ticks > 10_000 {
			r.err = errors.Join(r.err, fmt.Errorf("a Tick is due at %v, again and again", due))
			return
		}
		r.now = max(r.now, due)
		r.Tick(r.now)
	}
}

func (r *receiver) unit(u *flv.AccessUnit) {
	last, begun := r.last[u.Kind]
	late := u.PTS - u.DTS
	r.units++
	var err error
	switch {
	case u.Kind != u.Codec.Kind():
		err = fmt.Errorf("kind %v of codec %v", u.Kind, u.Codec)
	case begun && u.DTS < last:
		err = fmt.Errorf("%v at %v after %v", u.Kind, u.DTS, last)
	case late.Abs() > maxLate:
		err = fmt.Errorf("PTS %v, DTS %v", u.PTS, u.DTS)
	case u.DTS < -maxLate || u.DTS > r.now+maxLate:
		err = fmt.Errorf("at %v it has the time %v", r.now, u.DTS)
	case !begun && u.Config == nil && hasConfig(u.Codec) && u.Codec != flv.PCMA:
		err = fmt.Errorf("the first one of %v has no configuration", u.Codec)
	case !begun && u.Kind == flv.Video && !isKey(u):
		err = fmt.Errorf("the first picture is no key frame")
	case u.Codec.HasNALUs() != (len(u.NALUs) > 0) || u.Codec.HasNALUs() == (len(u.Data) > 0):
		err = fmt.Errorf("%v with %d NAL units and %d bytes", u.Codec, len(u.NALUs), len(u.Data))
	}
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("unit %d: %w", r.units, err)
	}
	r.last[u.Kind] = u.DTS
}

func (r *receiver) warn(text string) {
	if r.warnings++; len(text) > maxText || r.warnings > 9+6*int(1+r.now/(10*time.Second)) {
		r.err = errors.Join(r.err, fmt.Errorf("warning %d of %d bytes: %.80s", r.warnings, len(text), text))
	}
}

var descriptions = []string{
	"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=No Name\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 5004 RTP/AVP 96\r\nb=AS:300\r\na=rtpmap:96 H264/90000\r\n" +
		"a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z01AH6YRAoC/5cBEAAADAAQAAAMAyDxgyEY=,aOhDMsg=; profile-level-id=4D401F\r\n" +
		"m=audio 5006 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/44100/2\r\n" +
		"a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; config=1210\r\n",
	"v=0\nc=IN IP6 ::1\nm=video 6000/2 RTP/AVP 98 99\na=rtpmap:98 H265/90000\na=fmtp:98 sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwAelZAJ;" +
		"sprop-sps=QgEBAWAAAAMAkAAAAwAAAwAeoBQgYfJllZJJMrwFoCAAAAMAIAAAAwMh;sprop-pps=RAHBcrRiQA==\na=rtpmap:99 VP8/90000\na=rtcp:6007 IN IP6 ::1\n",
	"v=0\nc=IN IP4 239.1.2.3/32\na=source-filter: incl IN IP4 239.1.2.3 10.0.0.1\nm=audio 7000 RTP/AVP 97\na=rtpmap:97 MP4A-LATM/44100/1\n" +
		"a=fmtp:97 cpresent=0; config=400024203fc0\na=rtcp-mux\n",
	"v=0\nc=IN IP4 0.0.0.0\nm=audio 7000 RTP/AVP 111 0 8\na=rtpmap:111 opus/48000/2\na=fmtp:111 sprop-stereo=1\nm=video 7002 RTP/AVP 100\na=rtpmap:100 AV1/90000\n" +
		"m=application 9 RTP/AVP 101\na=rtpmap:101 vnd.onvif.metadata/90000\n",
}

// Of a damaged session description what can be received is, and an error says what cannot be read.
func TestMutatedSDP(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mutated.sdp")
	var files [][]byte
	for _, text := range descriptions {
		files = append(files, []byte(text))
	}
	packet := bytes.Repeat([]byte{0x80, 0xE0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0x10, 0, 0x10, 0x21, 1}, 2)
	repeat(t, func(random *rand.Rand) ([]byte, func() (int, error)) {
		m := mutator{Rand: random, files: files, elements: atPattern("\n")}
		b := m.file()
		require.NoError(t, os.WriteFile(path, b, 0o600))
		return b, func() (int, error) {
			d, err := source.Describe(source.Spec{Path: path})
			if err != nil {
				if !errors.Is(err, source.ErrBadSpec) && !errors.Is(err, source.ErrBadMedia) || len(err.Error()) > maxText {
					return 0, fmt.Errorf("%d bytes: %w", len(err.Error()), err)
				}
				return 0, nil
			}
			if len(d.Media) == 0 || len(d.Media) > 2 || len(d.Skipped) > maxSkipped {
				return 0, fmt.Errorf("%d media, %d are named as left out", len(d.Media), len(d.Skipped))
			}
			for _, m := range d.Media {
				if !m.Address.IsValid() || m.Address.Port() == 0 || m.ClockRate <= 0 || m.Codec.Kind() == 0 {
					return 0, fmt.Errorf("a medium that cannot be received: %+v", m)
				}
			}
			r := &receiver{media: len(d.Media), now: time.Second, last: map[flv.Kind]time.Duration{}}
			if r.Stream, err = rtp.New(d, rtp.Sink{Unit: r.unit, Dropped: func(int, int) {}, Warn: r.warn}); err != nil {
				return 0, nil // a parameter set that cannot be used
			}
			r.Play(r.now)
			for i := range d.Media {
				r.Packet(i, packet, r.now)
			}
			r.wait(time.Minute)
			return 1, r.err
		}
	})
}

package rtp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	pion "github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// Parameter sets as x264 and x265 write them, and NAL units that look like pictures.
var (
	spsH264 = unhex("674d401fa6110280bfe5c044000003000400000300c83c60c846")
	ppsH264 = unhex("68e84332c8")
	idr     = []byte{0x65, 0x88, 0x82, 8}
	inter   = []byte{0x41, 0x9A, 0x24, 7}

	vpsHEVC = unhex("40010c01ffff01600000030090000003000003001e959009")
	spsHEVC = unhex("42010101600000030090000003000003001ea0142061f26595924932bc05a02000000300200000030321")
	ppsHEVC = unhex("4401c172b46240")
)

const (
	frameTicks = 3600 // of a 90 kHz clock at 25 pictures a second
	frameTime  = 40 * time.Millisecond
)

// rig is a Stream and what came out of it.
type rig struct {
	*Stream
	t        *testing.T
	units    []flv.AccessUnit
	dropped  int
	warnings []string
	now      time.Duration
	seq      [2]uint16 // the next sequence number of each medium
	ssrc     [2]uint32
	pt       uint8
}

func newRig(t *testing.T, url string) *rig {
	t.Helper()
	d, err := ParseURL(url)
	require.NoError(t, err)
	return rigOf(t, d)
}

func rigOf(t *testing.T, d *Description) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Second, seq: [2]uint16{65530, 10}, ssrc: [2]uint32{0xAAAA, 0xBBBB}, pt: 96}
	s, err := New(d, Sink{
		Unit: func(u *flv.AccessUnit) {
			c := *u
			c.Data, c.Config, c.NALUs = bytes.Clone(u.Data), bytes.Clone(u.Config), nil
			for _, n := range u.NALUs {
				c.NALUs = append(c.NALUs, bytes.Clone(n))
			}
			r.units = append(r.units, c)
		},
		Dropped: func(pictures, _ int) { r.dropped += pictures },
		Warn:    func(text string) { r.warnings = append(r.warnings, text) },
	})
	require.NoError(t, err)
	r.Stream = s
	r.Play(r.now)
	return r
}

// make makes the next packet of a medium.
func (r *rig) make(medium int, timestamp uint32, marker bool, payload []byte) []byte {
	p := pion.Packet{Header: pion.Header{
		Version: 2, Marker: marker, PayloadType: r.pt, SequenceNumber: r.seq[medium], Timestamp: timestamp, SSRC: r.ssrc[medium],
	}, Payload: payload}
	r.seq[medium]++
	b, err := p.Marshal()
	require.NoError(r.t, err)
	return b
}

// send sends the next packet now.
func (r *rig) send(medium int, timestamp uint32, marker bool, payload []byte) {
	r.Packet(medium, r.make(medium, timestamp, marker, payload), r.now)
}

// wait lets time pass.
func (r *rig) wait(d time.Duration) {
	for end := r.now + d; ; {
		due, ok := time.Duration(0), false
		for i := range r.tracks {
			if d, waits := r.Deadline(i); waits && (!ok || d < due) {
				due, ok = d, true
			}
		}
		if !ok || due > end {
			r.now = end
			return
		}
		r.now = max(r.now, due)
		r.Tick(r.now)
	}
}

// report sends a sender report.
func (r *rig) report(medium int, ntp time.Duration, timestamp uint32) {
	b, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: r.ssrc[medium], NTPTime: ntpOf(ntp), RTPTime: timestamp}})
	require.NoError(r.t, err)
	r.Control(medium, b, r.now)
}

// ntpOf returns a time of day in 2024.
func ntpOf(d time.Duration) uint64 {
	const day = 3_913_056_000
	return day<<32 + uint64(d/time.Second)<<32 + uint64(d%time.Second)<<32/uint64(time.Second)
}

// words describes what came out: K and P for key frames and other pictures with their number, which is their last byte, A for audio.
func (r *rig) words() string {
	var words []string
	for _, u := range r.units {
		switch {
		case u.Kind == flv.Audio:
			words = append(words, "A")
		case u.Codec.IsKey(parts(&u)):
			words = append(words, fmt.Sprintf("K%d", number(&u)))
		default:
			words = append(words, fmt.Sprintf("P%d", number(&u)))
		}
	}
	return strings.Join(words, " ")
}

func parts(u *flv.AccessUnit) [][]byte {
	if u.Codec.HasNALUs() {
		return u.NALUs
	}
	return [][]byte{u.Data}
}

func number(u *flv.AccessUnit) byte {
	p := parts(u)
	last := p[len(p)-1]
	return last[len(last)-1]
}

// pictureH264 returns the NAL units of picture number n: a key frame with its parameter sets, or another one, in several slices.
func pictureH264(n byte, key bool, slices int) [][]byte {
	var all [][]byte
	head := byte(0x41)
	if key {
		all = append(all, spsH264, ppsH264)
		head = 0x65
	}
	for i := range slices {
		first := byte(0x88) // first_mb_in_slice 0
		if i > 0 {
			first = 0x48
		}
		all = append(all, []byte{head, first, 0x82, byte(i), n})
	}
	return all
}

// marking says how a sender sets the marker bit.
type marking uint8

const (
	markLast marking = iota
	markAll
	markNone
)

// sendPicture sends each NAL unit in a packet of its own, and the last one in fragments of an FU-A.
func (r *rig) sendPicture(timestamp uint32, nalus [][]byte, how marking) {
	for _, datagram := range r.picture(timestamp, nalus, how) {
		r.Packet(0, datagram, r.now)
	}
}

func (r *rig) picture(timestamp uint32, nalus [][]byte, how marking) [][]byte {
	payloads := append([][]byte{}, nalus[:len(nalus)-1]...)
	payloads = append(payloads, fragments(nalus[len(nalus)-1], 2)...)
	var all [][]byte
	for i, p := range payloads {
		last := i == len(payloads)-1
		all = append(all, r.make(0, timestamp, how == markAll || how == markLast && last, p))
	}
	return all
}

// fragments cuts an H.264 NAL unit into FU-As of at most size bytes.
func fragments(nalu []byte, size int) [][]byte {
	var all [][]byte
	rest := nalu[1:]
	for len(rest) > 0 {
		n := min(size, len(rest))
		head := nalu[0] & 0x1F
		if len(all) == 0 {
			head |= fuStart
		}
		if n == len(rest) {
			head |= fuEnd
		}
		all = append(all, append([]byte{nalu[0]&0x60 | h264FUA, head}, rest[:n]...))
		rest = rest[n:]
	}
	return all
}

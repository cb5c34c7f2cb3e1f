package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"

	"luatrtmp/tests/bench/harness"
)

const group = 30 // pictures from one key frame to the next

// unit is a picture or an audio frame, before it is in anybody's form.
type unit struct {
	audio bool
	key   bool
	ms    uint32
	nalus [][]byte // without parameter sets; of audio: one raw frame
}

// clip is a real one: what the encoder made.
type clip struct {
	record, config []byte // AVCDecoderConfigurationRecord, AudioSpecificConfig
	sps, pps       []byte
	units          []unit
	duration       uint32
}

// makeClip encodes a moving test picture with a tone, as cameras do: without B-frames.
func makeClip(file, size string, seconds int) error {
	return tool("ffmpeg", "-nostdin", "-v", "error", "-y",
		"-f", "lavfi", "-i", "testsrc2=size="+size+":rate=30", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
		"-t", strconv.Itoa(seconds), "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", strconv.Itoa(group),
		"-b:v", "6M", "-minrate", "6M", "-maxrate", "6M", "-bufsize", "3M", "-x264-params", "nal-hrd=cbr:force-cfr=1",
		"-c:a", "aac", "-b:a", "128k", file)
}

// readClip reads an FLV file of H.264 and AAC. FLV 10.1, E.4.
func readClip(file string) (*clip, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c := &clip{}
	pictures := 0
	for b = b[13:]; len(b) >= 15; {
		kind, size := b[0], int(binary.BigEndian.Uint32(b)&0xFFFFFF)
		ms := binary.BigEndian.Uint32(b[4:])>>8 | uint32(b[7])<<24
		body := b[11 : 11+size]
		b = b[15+size:]
		switch {
		case kind == 9 && body[1] == 0:
			c.record = body[5:]
		case kind == 8 && body[1] == 0:
			c.config = body[2:]
		case kind == 9 && body[1] == 1:
			c.units = append(c.units, unit{key: body[0]>>4 == 1, ms: ms, nalus: lengthPrefixed(body[5:])})
			pictures++
		case kind == 8:
			c.units = append(c.units, unit{audio: true, ms: ms, nalus: [][]byte{body[2:]}})
		}
	}
	if c.record == nil || c.config == nil || pictures == 0 {
		return nil, fmt.Errorf("%s: no H.264 with AAC", file)
	}
	c.duration = uint32(pictures * 1000 / 30)
	c.units = slices.DeleteFunc(c.units, func(u unit) bool { return u.ms >= c.duration }) // so that no time goes back when it begins anew
	// One SPS and one PPS, each with a length of two bytes. ISO/IEC 14496-15, 5.2.4.1.
	n := int(binary.BigEndian.Uint16(c.record[6:]))
	c.sps = c.record[8 : 8+n]
	c.pps = c.record[8+n+3:][:binary.BigEndian.Uint16(c.record[8+n+1:])]
	return c, nil
}

// lengthPrefixed takes NAL units apart, and leaves parameter sets out.
func lengthPrefixed(b []byte) (nalus [][]byte) {
	for len(b) >= 4 {
		n := 4 + int(binary.BigEndian.Uint32(b))
		if kind := b[4] & 31; kind < 7 || kind > 9 {
			nalus = append(nalus, b[4:n])
		}
		b = b[n:]
	}
	return nalus
}

// synthetic makes one group of pictures of given sizes, with the clip's parameter sets and slice headers, and noise behind them.
func (c *clip) synthetic(key, other int) *clip {
	made := &clip{record: c.record, sps: c.sps, pps: c.pps, duration: group * 33}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range group {
		size := key
		if i > 0 {
			size = other - other/10 + random.IntN(max(other/5, 1))
		}
		made.units = append(made.units, unit{key: i == 0, ms: uint32(i * 33), nalus: [][]byte{c.slice(i == 0, size, random)}})
	}
	return made
}

// slice makes a slice that begins as one of the clip's.
func (c *clip) slice(key bool, size int, random *rand.Rand) []byte {
	const header = 8 // bytes of a real slice: enough for whoever looks into its header
	var b []byte
	for _, u := range c.units {
		if last := len(u.nalus) - 1; !u.audio && u.key == key && len(u.nalus[last]) >= header {
			b = append(b, u.nalus[last][:header]...)
			break
		}
	}
	for len(b) < size {
		b = append(b, byte(1+random.IntN(255))) // no zero: nothing looks like a start code
	}
	return b
}

// pushed is the media for libraries that take what encoders give: Annex B and raw AAC.
func (c *clip) pushed() *harness.Media {
	start := []byte{0, 0, 0, 1}
	m := &harness.Media{Duration: c.duration}
	if c.config != nil {
		m.Records = append(m.Records, harness.Record{Kind: harness.AudioHeader, Data: c.config})
	}
	for _, u := range c.units {
		if u.audio {
			m.Records = append(m.Records, harness.Record{Kind: harness.Audio, MS: u.ms, Data: u.nalus[0]})
			continue
		}
		all := u.nalus
		if u.key {
			all = append([][]byte{c.sps, c.pps}, all...)
		}
		m.Records = append(m.Records, harness.Record{Kind: harness.Video, MS: u.ms, Data: append(start[:4:4], bytes.Join(all, start)...)})
	}
	return m
}

// tags is the media as bodies of FLV tags.
func (c *clip) tags() *harness.Media {
	m := &harness.Media{Duration: c.duration}
	m.Records = append(m.Records, harness.Record{Kind: harness.VideoHeader, Data: append([]byte{0x17, 0, 0, 0, 0}, c.record...)})
	if c.config != nil {
		m.Records = append(m.Records, harness.Record{Kind: harness.AudioHeader, Data: append([]byte{0xAF, 0}, c.config...)})
	}
	for _, u := range c.units {
		if u.audio {
			m.Records = append(m.Records, harness.Record{Kind: harness.Audio, MS: u.ms, Data: append([]byte{0xAF, 1}, u.nalus[0]...)})
			continue
		}
		body := []byte{0x27, 1, 0, 0, 0}
		if u.key {
			body[0] = 0x17
		}
		for _, n := range u.nalus {
			body = append(binary.BigEndian.AppendUint32(body, uint32(len(n))), n...)
		}
		m.Records = append(m.Records, harness.Record{Kind: harness.Video, MS: u.ms, Data: body})
	}
	return m
}

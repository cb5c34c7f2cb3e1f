package rtp

import (
	"errors"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
)

// video joins packets that are in order to access units.
//
// An access unit ends with the first packet of another timestamp. Where the marker bit is known to be right (see markerRule) it ends with
// the marker, which saves waiting for the next picture; where it is not, with the marker and endTime without another packet, or silentTime
// without any. After a loss everything is dropped up to the next key frame that is whole.
type video struct {
	picture picture
	track   flv.VideoTrack // knows key frames and parameter sets
	marker  markerRule
	order   decodeOrder
	out     func(videoUnit) // takes the access units
	rate    int64           // ticks of the timestamps per second

	begun     bool // packets of an access unit are there
	timestamp uint32
	arrival   time.Duration // of its first packet
	latest    time.Duration // of its last packet
	packets   int
	markers   int
	lastMark  bool
	bytes     int
	broken    bool // something of it is missing
	unsure    bool // something in front of it is missing, perhaps of it

	ended    uint32 // timestamp of the access unit before
	hasEnded bool

	outTimestamp uint32 // of the picture that went out last
	hasOut       bool
	repeats      int  // pictures in front of it with that timestamp
	halfFrame    bool // the latest picture is one field of a frame: its other field may follow

	awaitKey    bool // pictures are dropped up to the next key frame
	counted     bool // those are counted: they are dropped because of a loss
	skipLeading bool // leading pictures are dropped: decoding began at the key frame before them

	fault        error // found by the last push
	dropped      int   // pictures, since the last takeDropped
	droppedBytes int
}

// errNoSets: nobody could decode it.
var errNoSets = errors.New("key frame without parameter sets: the SDP must have them (sprop-...), or the sender repeat them in the stream")

// videoUnit is an access unit that can be decoded.
type videoUnit struct {
	parts     [][]byte
	timestamp uint32
	arrival   time.Duration // of its first packet
	repeats   int           // how many pictures in front of it have the same timestamp
}

func newVideo(m *Medium, track flv.VideoTrack, out func(videoUnit)) *video {
	v := &video{picture: newPicture(m.Codec), track: track, out: out, rate: int64(m.ClockRate), awaitKey: true, unsure: true}
	v.picture.reset()
	v.order.codec, v.order.track = m.Codec, track
	v.order.note(m.Sets)
	return v
}

// push takes the next packet. The error says what is wrong with it.
func (v *video) push(p packet, before gap) error {
	if before == renumbered && !v.goesOn(p.timestamp) {
		before = restart
	}
	switch before {
	case noGap:
	case renumbered:
		v.unsure = true
	default:
		v.interrupt(p.timestamp, before)
	}
	if len(p.payload) == 0 {
		return nil // padding only: senders probe the network with it
	}
	v.fault = nil
	if v.begun && (p.timestamp != v.timestamp || !v.broken && v.picture.another(p.payload)) {
		v.marker.observe(v.packets, v.markers, v.lastMark)
		v.end()
	}
	if !v.begun {
		another := !v.halfFrame && v.picture.begins(p.payload)
		if v.hasEnded && p.timestamp == v.ended && !another {
			// It belongs to a picture that is out already: the marker, or the silence, did not end it.
			v.marker.wrong = v.marker.wrong || v.lastMark
			v.lose(len(p.payload))
			return nil
		}
		v.begin(p)
	}
	v.packets++
	v.bytes += len(p.payload)
	v.latest, v.lastMark = p.arrival, p.marker
	if p.marker {
		v.markers++
	}
	if !v.broken {
		if err := v.picture.add(p.payload); err != nil {
			v.broken, v.fault = !errors.Is(err, errForeign), err
		}
	}
	if p.marker && v.marker.believed() && !v.picture.open() {
		v.end()
	}
	return v.fault
}

func (v *video) begin(p packet) {
	v.begun, v.timestamp, v.arrival = true, p.timestamp, p.arrival
	v.packets, v.markers, v.bytes, v.broken = 0, 0, 0, false
}

// goesOn reports whether a timestamp is one of the next pictures: they may stand in another order than they are shown.
func (v *video) goesOn(timestamp uint32) bool {
	last := v.ended
	if v.begun {
		last = v.timestamp
	}
	advance := int64(int32(timestamp - last))
	return (v.begun || v.hasEnded) && advance != 0 && max(advance, -advance) <= v.rate*int64(renumberTime)/int64(time.Second)
}

// interrupt: packets before one with this timestamp are missing.
func (v *video) interrupt(timestamp uint32, before gap) {
	if v.begun && (before == restart || timestamp != v.timestamp) {
		// The end of that picture may be among them, unless the marker says that it was there.
		if !v.lastMark || v.marker.wrong {
			v.broken = true
		}
		v.end()
	}
	if v.begun {
		v.broken = true // the missing ones are in its midst
	}
	v.lose(0)
	v.unsure = true
	if before == restart {
		v.hasEnded = false
		v.marker = markerRule{}
	}
}

// lose drops up to the next key frame, which is counted.
func (v *video) lose(bytes int) {
	v.awaitKey, v.counted = true, true
	v.droppedBytes += bytes
	if !v.begun {
		v.picture.reset()
	}
}

// wait drops up to the next key frame, which is not counted: nobody takes the pictures, or somebody begins to.
func (v *video) wait() {
	v.awaitKey, v.counted = true, false
	v.order.reset()
}

// end ends the access unit.
func (v *video) end() {
	v.begun, v.ended, v.hasEnded = false, v.timestamp, true
	v.finish()
	v.unsure = false
	if v.broken {
		v.picture.reset()
	} else {
		v.picture.clear()
	}
}

// finish passes on what has ended, if it can be decoded: one access unit, or several where a sender gave them one timestamp.
func (v *video) finish() {
	if !v.broken {
		v.fault = v.picture.close()
		v.broken = v.fault != nil
	}
	parts := v.picture.parts()
	v.broken = v.broken || v.picture.open() || v.unsure && !v.picture.head()
	if v.broken {
		v.lose(0)
		v.drop(v.bytes)
		return
	}
	for len(parts) > 0 {
		n := v.firstPicture(parts)
		v.emit(parts[:n])
		parts = parts[n:]
	}
}

// firstPicture returns how many of the NAL units of one timestamp belong to its first picture: some senders give two pictures one
// timestamp. A slice that begins at the top begins another picture, H.264, 7.4.1.2.4 and H.265, 7.4.2.4.5; but two fields of one frame
// stay together.
func (v *video) firstPicture(parts [][]byte) int {
	v.halfFrame = false
	if !v.order.codec.HasNALUs() {
		return len(parts)
	}
	var top []byte // the first slice
	end, fields := 0, 1
	for i, nalu := range parts {
		if v.beginsPicture(nalu) {
			switch {
			case top == nil && end > 0:
				return len(parts) // other slices are in front of the one at the top: it says nothing
			case top == nil:
				top = nalu
			case fields == 1 && v.sameFrame(parts[:i], top, nalu):
				fields = 2
			default:
				return end
			}
		}
		if v.order.hasPicture(parts[i:i+1]) || followsPicture(v.order.codec, nalu) {
			end = i + 1
		}
	}
	v.halfFrame = fields == 1 && top != nil && v.isField(top)
	return len(parts)
}

// beginsPicture reports whether a NAL unit is a slice that begins at the top of a picture.
func (v *video) beginsPicture(nalu []byte) bool {
	if v.order.codec == flv.H264 {
		return isSliceH264(nalu) && startsUnitH264(nalu[0]&0x1F, nalu)
	}
	baseLayer := nalu[0]&1 == 0 && nalu[1]>>3 == 0
	return isSliceHEVC(nalu) && baseLayer && topSliceHEVC(nalu)
}

// sameFrame reports whether two slices of H.264 are of the two fields of one frame. before are the NAL units in front of the second.
func (v *video) sameFrame(before [][]byte, first, second []byte) bool {
	reader, ok := v.track.(sliceReader)
	if !ok {
		return false
	}
	v.track.Take(before) // the parameter sets
	a, errA := reader.Slice(first)
	b, errB := reader.Slice(second)
	return errA == nil && errB == nil && a.Field && b.Field && a.Bottom != b.Bottom && a.FrameNum == b.FrameNum
}

// isField reports whether a slice is of a field of H.264.
func (v *video) isField(slice []byte) bool {
	reader, ok := v.track.(sliceReader)
	if !ok {
		return false
	}
	h, err := reader.Slice(slice)
	return err == nil && h.Field
}

// sliceReader is what a flv.VideoTrack of H.264 has.
type sliceReader interface {
	Slice(nalu []byte) (flv.SliceHeader, error)
}

// followsPicture reports whether a NAL unit without a slice belongs to the picture in front of it: the end of a sequence or of the stream,
// filler, and what H.265 calls a suffix.
func followsPicture(codec flv.Codec, nalu []byte) bool {
	if codec == flv.H264 {
		typ := nalu[0] & 0x1F
		return typ >= byte(h264.NALUTypeEndOfSequence) && typ <= byte(h264.NALUTypeFillerData)
	}
	switch h265.NALUType(nalu[0] >> 1 & 0x3F) {
	case h265.NALUType_EOS_NUT, h265.NALUType_EOB_NUT, h265.NALUType_FD_NUT, h265.NALUType_SUFFIX_SEI_NUT:
		return true
	}
	return false
}

// emit passes on a picture, if it can be decoded.
func (v *video) emit(parts [][]byte) {
	if !v.order.hasPicture(parts) {
		if v.order.codec.HasNALUs() {
			v.order.note(parts)
			v.track.Take(parts) // parameter sets; broken ones are left out, and the pictures that need them say so
		}
		return
	}
	unit, _ := v.track.Take(parts)
	v.order.note(parts)
	switch {
	case unit.Key && v.track.Record() == nil:
		v.fault = errNoSets
		v.awaitKey, v.counted = true, true
		v.drop(sizeOf(parts))
		return
	case unit.Key:
		if v.skipLeading = v.awaitKey; v.awaitKey {
			v.order.restart()
		}
		v.awaitKey = false
	case v.awaitKey:
		v.drop(sizeOf(parts))
		return
	case v.skipLeading && unit.Leading:
		v.drop(sizeOf(parts))
		return
	}
	v.counted = true // from here on whatever is dropped is lost
	if v.repeats++; !v.hasOut || v.outTimestamp != v.timestamp {
		v.repeats = 0
	}
	v.outTimestamp, v.hasOut = v.timestamp, true
	v.out(videoUnit{parts: parts, timestamp: v.timestamp, arrival: v.arrival, repeats: v.repeats})
	v.track.Forget()
}

func sizeOf(parts [][]byte) (size int) {
	for _, part := range parts {
		size += len(part)
	}
	return size
}

func (v *video) drop(bytes int) {
	if v.counted {
		v.dropped++
		v.droppedBytes += bytes
	}
}

// takeDropped returns what was dropped since the last call.
func (v *video) takeDropped() (pictures, bytes int) {
	pictures, bytes = v.dropped, v.droppedBytes
	v.dropped, v.droppedBytes = 0, 0
	return pictures, bytes
}

// deadline returns when tick is due.
func (v *video) deadline() (time.Duration, bool) {
	if v.lastMark {
		return v.latest + endTime, v.begun
	}
	return v.latest + silentTime, v.begun
}

// tick ends an access unit of which nothing more came.
func (v *video) tick(now time.Duration) {
	if due, ok := v.deadline(); ok && due <= now {
		v.broken = v.broken || v.picture.open() && !v.lastMark // the rest may still be on its way
		v.end()
	}
}

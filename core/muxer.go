package core

import (
	"bytes"
	"math"
	"sync"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
)

// MaxFrame is the largest access unit or audio frame that can be sent: one message must hold it.
const MaxFrame = chunk.MaxMessageSize - 1024

const lengthSize = 4 // bytes that say how long a NAL unit is, in front of each

// muxer turns access units into messages. It belongs to a Publisher and outlives its connections: the parameter sets
// of a camera that sends them once must not be lost. attach and detach say where the messages go; everything that
// holds for one connection only stands in outlet.
type muxer struct {
	counters *counters
	metadata metadata

	mu    sync.Mutex
	avc   flv.AVC
	asc   []byte // AudioSpecificConfig, nil until known
	audio flv.AudioInfo
	build flv.Builder
	nalus [][]byte   // scratch
	next  *successor // nil: none; see relay.go
	outlet
}

// outlet is what has been sent on one connection.
type outlet struct {
	out      *writer // nil: not publishing
	streamID uint32
	expect   expectation

	metadataSent  []byte // body of the last onMetaData
	videoHeader   []byte // record of the last sequence header
	audioHeader   []byte
	began         time.Time // when the first media was sent
	origin        time.Time // the same of the first of the connections that have taken over from each other
	keyFrameSent  bool      // pictures wait for the first key frame
	videoTimeline timeline
	audioTimeline timeline
}

// attach begins a connection: everything is sent anew.
func (m *muxer) attach(out *writer, streamID uint32) {
	m.mu.Lock()
	m.outlet, m.next = outlet{out: out, streamID: streamID}, nil
	m.mu.Unlock()
}

func (m *muxer) detach() {
	m.mu.Lock()
	m.outlet, m.next = outlet{}, nil
	m.mu.Unlock()
}

// expectation is what a source says of its tracks before their first frames, nil for a track that is not there.
type expectation struct {
	video *flv.VideoInfo
	audio *flv.AudioInfo
}

// begin announces a source, so that the first onMetaData describes all of its tracks.
func (m *muxer) begin(e expectation) {
	m.mu.Lock()
	m.expect = e
	m.mu.Unlock()
}

// restart forgets the media: another sender goes on, with parameter sets and a clock of its own, from a key frame.
func (m *muxer) restart() {
	m.mu.Lock()
	m.avc, m.asc, m.audio = flv.AVC{}, nil, flv.AudioInfo{}
	m.expect = expectation{}
	m.keyFrameSent = false
	m.videoHeader, m.audioHeader = nil, nil
	at := later(m.videoTimeline.lastOut, m.audioTimeline.lastOut)
	m.videoTimeline, m.audioTimeline = timeline{lastOut: at}, timeline{lastOut: at}
	m.mu.Unlock()
}

// sendUnit sends an access unit of a source. timestamp is its decode time in ms.
func (m *muxer) sendUnit(u *flv.AccessUnit, timestamp uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.takeConfig(u); err != nil {
		return err
	}
	if u.Kind == flv.Audio {
		return m.sendAudio(u.Data, nil, timestamp)
	}
	return m.sendVideo(u.NALUs, timestamp, milliseconds(u.PTS)-milliseconds(u.DTS))
}

// configure takes the configuration of a unit that is not sent.
func (m *muxer) configure(u *flv.AccessUnit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.takeConfig(u) // if it is broken, the units that need it will say so
}

// takeConfig takes the decoder configuration of a unit of a source, if it has one; m.mu is held.
func (m *muxer) takeConfig(u *flv.AccessUnit) error {
	if u.Kind == flv.Audio {
		return m.setASC(u.Config)
	}
	if u.Config == nil {
		return nil
	}
	if err := m.avc.SetConfig(u.Config); err != nil {
		return failure(ErrInvalid, "%v", err)
	}
	return nil
}

// setASC takes an AudioSpecificConfig, if there is one; m.mu is held.
func (m *muxer) setASC(config []byte) error {
	if len(config) == 0 || bytes.Equal(config, m.asc) {
		return nil
	}
	info, err := flv.ParseASC(config)
	if err != nil {
		return failure(ErrInvalid, "audio configuration: %v", err)
	}
	m.asc, m.audio = bytes.Clone(config), info
	return nil
}

// sendAnnexB sends an H.264 access unit in Annex B form.
func (m *muxer) sendAnnexB(au []byte, timestamp uint32, compositionTime int32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	var err error
	if m.nalus, err = flv.SplitAnnexB(m.nalus[:0], au); err != nil {
		return failure(ErrInvalid, "video frame of %d bytes: %v", len(au), err)
	}
	return m.sendVideo(m.nalus, timestamp, int64(compositionTime))
}

// sendNALUs sends an H.264 access unit in several buffers: NAL units, or Annex B.
func (m *muxer) sendNALUs(buffers [][]byte, timestamp uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	m.nalus = m.nalus[:0]
	for i, b := range buffers {
		whole, err := flv.SplitAnnexB(m.nalus, b)
		if err != nil { // no start code: one NAL unit
			if len(b) == 0 || b[0] == 0 {
				return failure(ErrInvalid, "video frame: buffer %d is neither a NAL unit nor in Annex B form", i)
			}
			whole = append(m.nalus, b)
		}
		m.nalus = whole
	}
	if len(m.nalus) == 0 {
		return failure(ErrInvalid, "video frame: %d buffers without a NAL unit", len(buffers))
	}
	return m.sendVideo(m.nalus, timestamp, 0)
}

// sendVideo sends one picture; m.mu is held.
func (m *muxer) sendVideo(nalus [][]byte, timestamp uint32, compositionTime int64) error {
	unit, err := m.avc.Take(nalus)
	if m.out == nil {
		return errNotPublishing
	}
	size, whole := 0, 0
	for _, n := range unit.NALUs {
		size += len(n)
		whole += lengthSize + len(n)
	}
	switch {
	case err != nil:
		err = failure(ErrInvalid, "video frame: %v", err)
	case whole > MaxFrame:
		err = failure(ErrOverflow, "video frame of %d bytes, at most %d are possible", whole, MaxFrame)
	case compositionTime < math.MinInt32>>8 || compositionTime > math.MaxInt32>>8:
		err = failure(ErrInvalid, "composition time %d ms, FLV has 24 bits for it", compositionTime)
	}
	if err != nil {
		if len(unit.NALUs) > 0 && !unit.Disposable {
			m.keyFrameSent = false // pictures that refer to this one cannot be decoded
		}
		return err
	}
	switch {
	case len(unit.NALUs) == 0:
		return nil // parameter sets alone: they go out with the next picture
	case !m.keyFrameSent && !unit.Key:
		m.counters.dropped(1, uint64(size))
		return nil
	}
	record := m.avc.Record()
	if record == nil {
		m.counters.dropped(1, uint64(size))
		return failure(ErrInvalid, "key frame without SPS and PPS: send them in front of it, in the same access unit")
	}

	if unit.Key {
		m.switchOver()
	}
	at := m.nextTime(&m.videoTimeline, &m.audioTimeline, timestamp)
	if !bytes.Equal(record, m.videoHeader) {
		if err := m.sendMetadata(at); err != nil {
			return err
		}
		if err := m.send(flv.Video, classHeader, at, m.build.AVCSequenceHeader(record)); err != nil {
			return err
		}
		m.videoHeader = record
	}
	c := classPicture
	if unit.Key {
		c = classKey
		m.keyFrameSent = true
	}
	return m.send(flv.Video, c, at, m.build.AVCFrame(unit.Key, int32(compositionTime), unit.NALUs))
}

// sendAAC sends AAC: ADTS frames, or one raw frame whose config was given now or before.
func (m *muxer) sendAAC(frame, config []byte, timestamp uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	if len(config) > 0 || !flv.IsADTS(frame) {
		return m.sendAudio(frame, config, timestamp)
	}
	frames, config, err := flv.SplitADTS(m.nalus[:0], frame)
	m.nalus = frames
	if err != nil {
		return failure(ErrInvalid, "audio frame: %v", err)
	}
	rate, err := flv.CoreSampleRate(config)
	if err != nil {
		return failure(ErrInvalid, "audio frame: %v", err)
	}
	for i, f := range frames {
		at := timestamp + uint32(i*flv.SamplesPerFrame*1000/rate)
		if err = m.sendAudio(f, config, at); err != nil {
			return err
		}
	}
	return nil
}

// sendAudioBody sends the body of an FLV audio tag.
func (m *muxer) sendAudioBody(body []byte, timestamp uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	tag, err := flv.ParseAudioTag(body)
	switch {
	case err != nil:
		return failure(ErrInvalid, "audio frame of %d bytes: %v", len(body), err)
	case tag.PacketType != flv.PacketSequenceHeader:
		return m.sendAudio(tag.Data, nil, timestamp)
	case len(tag.Data) == 0:
		return failure(ErrInvalid, "audio sequence header without an AudioSpecificConfig")
	}
	if err = m.setASC(tag.Data); err == nil && m.out == nil {
		err = errNotPublishing
	}
	return err // the header goes out with the next frame
}

// sendAudio sends one raw AAC frame; m.mu is held.
func (m *muxer) sendAudio(frame, config []byte, timestamp uint32) error {
	switch {
	case len(frame) == 0:
		return failure(ErrInvalid, "audio frame: empty")
	case len(frame) > MaxFrame:
		return failure(ErrOverflow, "audio frame of %d bytes, at most %d are possible", len(frame), MaxFrame)
	}
	if err := m.setASC(config); err != nil {
		return err
	}
	if m.asc == nil {
		return failure(ErrInvalid, "raw AAC without its AudioSpecificConfig: pass it with the first frame, or send ADTS")
	}
	if m.out == nil {
		return errNotPublishing
	}
	if m.videoHeader == nil && m.expect.video == nil {
		m.switchOver() // there is no key frame to wait for
	}
	at := m.nextTime(&m.audioTimeline, &m.videoTimeline, timestamp)
	if !bytes.Equal(m.asc, m.audioHeader) {
		if err := m.sendMetadata(at); err != nil {
			return err
		}
		if err := m.send(flv.Audio, classHeader, at, m.build.AACSequenceHeader(m.asc)); err != nil {
			return err
		}
		m.audioHeader = m.asc
	}
	return m.send(flv.Audio, classAudio, at, m.build.AACFrame(frame))
}

// forget lets go of the frame that was sent: it is the caller's memory, perhaps not even Go's; m.mu is held.
func (m *muxer) forget() {
	clear(m.nalus)
	m.nalus = m.nalus[:0]
	m.avc.Forget()
	m.build.Forget()
}

// awaitsKeyFrame tells whether pictures before the next key frame would be dropped.
func (m *muxer) awaitsKeyFrame() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.keyFrameSent
}

// elapsed is the time since the first media of the connection, or of the first of those that have taken over from each
// other; 0 before it.
func (m *muxer) elapsed(now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.origin.IsZero() {
		return 0
	}
	return now.Sub(m.origin)
}

// nextTime maps an input timestamp to the connection's time.
func (m *muxer) nextTime(t, other *timeline, timestamp uint32) uint32 {
	now := time.Now()
	if m.began.IsZero() {
		m.began = now
	}
	if m.origin.IsZero() {
		m.origin = now
	}
	if !t.started {
		t.start(timestamp, other, uint32(now.Sub(m.began).Milliseconds()), now)
		return t.lastOut
	}
	return t.next(timestamp, now)
}

// send queues one message. A picture that had to be dropped is counted, and no error.
func (m *muxer) send(kind flv.Kind, c class, timestamp uint32, body [][]byte) error {
	id := uint32(message.VideoChunkStream)
	if kind == flv.Audio {
		id = message.AudioChunkStream
	}
	h := chunk.Header{ChunkStreamID: id, Timestamp: timestamp, Type: uint8(kind), StreamID: m.streamID}
	_, err := m.out.send(h, c, body...)
	return err
}

func milliseconds(d time.Duration) int64 {
	return d.Round(time.Millisecond).Milliseconds()
}

// describe returns what is known of the media and of the connection it takes.
func (m *muxer) describe() Info {
	m.mu.Lock()
	defer m.mu.Unlock()
	var info Info
	if v, ok := m.videoInfo(); ok {
		info.Width, info.Height, info.VideoCodec = v.Width, v.Height, "h264"
	}
	if _, ok := m.audioInfo(); ok {
		info.AudioCodec = "aac"
	}
	if m.out != nil {
		info.QueueMedia, info.QueueBytes = m.out.waiting()
		info.RTT = roundTrip(m.out.conn)
	}
	return info
}

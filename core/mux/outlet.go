package mux

import (
	"bytes"
	"errors"
	"sync/atomic"
	"time"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// ErrAudioLeftOut is returned for audio that the server does not take, where video may go alone.
// Nothing of it is sent.
var ErrAudioLeftOut = errors.New("audio that the server does not take is left out")

// outlet is where messages go, and what has been sent there; what was sent of each track is in its
// progress. It is used with Muxer.mu held.
type outlet struct {
	media   *media
	user    *userFields
	frames  *atomic.Uint64 // counts the frames that go out
	encoder string         // as onMetaData names it
	build   flv.Builder
	now     time.Time // when the latest frame came that had a time

	Destination
	floor    uint32      // what a track that begins must not be before
	began    time.Time   // when the first media was sent
	origin   time.Time   // the same of the first of the connections that have taken over from each other
	metadata []byte      // body of the last onMetaData
	silence  silentTrack // that stands beside video without audio
}

// nowhere is the destination of media that goes to no output.
func nowhere() Destination { return Destination{Out: noOutput{}} }

// publishing reports whether media goes to an output.
func (o *outlet) publishing() bool { return o.Out != Output(noOutput{}) }

// begin begins at a destination: all is sent anew there, with timestamps from 0.
func (o *outlet) begin(at Destination) {
	o.Destination = at
	o.floor, o.began, o.metadata, o.silence = 0, time.Time{}, nil, silentTrack{}
	for _, t := range o.media.tracks {
		t.progress = progress{}
	}
}

// park begins at a parking place, which takes what the destination before it took.
func (o *outlet) park(at *Parking) {
	to := o.Destination
	to.Out, to.StreamID = at, 0
	o.begin(to)
}

// goOn goes on at a destination that has adopted all that was sent since begin.
func (o *outlet) goOn(at Destination) {
	o.Destination = at
	for _, t := range o.media.tracks {
		t.admission = notAsked
	}
}

// form returns how bodies of a track are written.
func (o *outlet) form(t *track) flv.Form { return t.form(o.Wants.LegacyHEVC) }

// admit ends the connection when the server does not take what a track sends, and returns why.
// Audio that is optional is left out instead.
func (o *outlet) admit(t *track) error {
	if t.admission == admitted {
		return nil
	}
	form := o.form(t)
	err := o.Server.CheckSupported(form)
	switch {
	case err == nil:
		t.admission = admitted
		return nil
	case o.leavesOutForm(form):
		return ErrAudioLeftOut
	}
	o.Out.Fail(err)
	return err
}

// leavesOut reports whether a track is left out.
func (o *outlet) leavesOut(t *track) bool {
	if t.admission == notAsked && o.leavesOutForm(o.form(t)) {
		t.admission = leftOut
	}
	return t.admission == leftOut
}

// leavesOutForm reports whether audio in a form is left out, because it is optional and the server
// does not take it.
func (o *outlet) leavesOutForm(f flv.Form) bool {
	return o.Wants.AudioOptional && f.Codec.Kind() == flv.Audio && o.Server.CheckSupported(f) != nil
}

// latest returns the latest timestamp that was sent.
func (o *outlet) latest() uint32 {
	at, known := o.floor, false
	note := func(timestamp uint32) {
		if known {
			timestamp = later(at, timestamp)
		}
		at, known = timestamp, true
	}
	if o.silence.announced {
		note(o.silence.last)
	}
	for _, t := range o.media.tracks {
		if t.started {
			note(t.lastOut)
		}
	}
	return at
}

// nextTime maps an input timestamp to the connection's time.
func (o *outlet) nextTime(t *track, timestamp uint32, now time.Time) uint32 {
	o.now = now
	if o.began.IsZero() {
		o.began = now
	}
	if o.origin.IsZero() {
		o.origin = now
	}
	if t.started {
		return t.timeline.next(timestamp, now)
	}
	t.lastOut = o.floor
	if t.announced {
		t.lastOut = later(o.floor, t.headerAt)
	}
	if t.kind == flv.Audio && o.silence.announced {
		t.lastOut = o.silence.last
	}
	others := make([]*timeline, 0, len(o.media.tracks))
	for _, other := range o.media.tracks {
		if other != t {
			others = append(others, &other.timeline)
		}
	}
	t.start(timestamp, uint32(now.Sub(o.began).Milliseconds()), now, others...)
	return t.lastOut
}

// emitVideo sends an access unit, behind what has to stand in front of it.
func (o *outlet) emitVideo(t *track, f *videoFrame, now time.Time) error {
	at, form := o.nextTime(t, f.timestamp, now), o.form(t)
	if err := o.announceVideo(t, form, at, f.Key); err != nil {
		return err
	}
	if err := o.fillSilence(at); err != nil {
		return err
	}
	if f.Key {
		t.keyFrame, t.cut = true, !t.keyFrame
	}
	picture := flv.Picture{Key: f.Key, CompositionTime: int32(f.compositionTime)}
	return o.send(flv.Video, t.id, f.priority(), at, o.build.VideoFrame(form, picture, f.Parts))
}

// emitAudio sends a raw frame, behind what has to stand in front of it.
func (o *outlet) emitAudio(t *track, frame []byte, timestamp uint32, now time.Time) error {
	at, form := o.nextTime(t, timestamp, now), o.form(t)
	if err := o.announceAudio(t, form, at); err != nil {
		return err
	}
	return o.send(flv.Audio, t.id, sendqueue.Audio, at, o.build.AudioFrame(form, 0, frame))
}

// announceVideo sends what has to stand before a frame and is not known to the server yet.
func (o *outlet) announceVideo(t *track, form flv.Form, at uint32, key bool) error {
	if !t.announced {
		o.expectSilence()
		if err := o.announceKnown(at); err != nil {
			return err
		}
	}
	if record := t.video.Record(); !bytes.Equal(record, t.record) {
		if err := o.sendMetadata(at); err != nil {
			return err
		}
		if err := o.send(flv.Video, t.id, sendqueue.Header, at, o.build.SequenceStart(form, record)); err != nil {
			return err
		}
		t.record = record
	}
	if !key || !form.HasFourCC() {
		return nil
	}
	color := t.video.Info().Color
	if color == nil || color == t.color {
		return nil
	}
	body, err := colorInfo(color)
	if err != nil {
		return rtmperr.New(rtmperr.ErrInvalid, "colorInfo: %v", err)
	}
	t.color = color
	return o.send(flv.Video, t.id, sendqueue.Header, at, o.build.Metadata(form, body))
}

// announceAudio is the same for audio.
func (o *outlet) announceAudio(t *track, form flv.Form, at uint32) error {
	if !t.announced {
		if err := o.announceKnown(at); err != nil {
			return err
		}
	}
	record, info := t.audio.Record(), t.audio.Info()
	if info == t.info && bytes.Equal(record, t.record) {
		return nil
	}
	if err := o.sendMetadata(at); err != nil {
		return err
	}
	if err := o.send(flv.Audio, t.id, sendqueue.Header, at, o.build.SequenceStart(form, record)); err != nil {
		return err
	}
	t.record, t.info = record, info
	return nil
}

// announceKnown sends onMetaData, and the sequence headers of all tracks that are known and not
// announced yet, video first: decoders and servers learn of all tracks before the first frame.
func (o *outlet) announceKnown(at uint32) error {
	if err := o.sendMetadata(at); err != nil {
		return err
	}
	for _, t := range o.media.tracks {
		form := o.form(t)
		if t.announced || !t.known() || o.Server.CheckSupported(form) != nil {
			continue
		}
		record := t.configuration()
		if err := o.send(t.kind, t.id, sendqueue.Header, at, o.build.SequenceStart(form, record)); err != nil {
			return err
		}
		t.announced, t.headerAt, t.record = true, at, record
		if t.kind == flv.Audio {
			t.info = t.audio.Info()
		}
	}
	return nil
}

// endSequences tells the server that the tracks end, those whose form has a FourCC: old servers do
// not expect it of the others.
func (o *outlet) endSequences() {
	for _, t := range o.media.tracks {
		form := o.form(t)
		if !t.announced || !form.HasFourCC() {
			continue
		}
		at := t.lastOut
		if !t.started {
			at = t.headerAt
		}
		if o.send(t.kind, t.id, sendqueue.Header, at, o.build.SequenceEnd(form)) != nil {
			return // the connection is gone
		}
	}
}

// send sends one message, unless it has no body. A frame that has to be dropped is counted, and no
// error.
func (o *outlet) send(kind flv.Kind, track uint8, p sendqueue.Priority, timestamp uint32, body [][]byte) error {
	if len(body) == 0 {
		return nil
	}
	if p != sendqueue.Header {
		o.frames.Add(1)
	}
	return o.Out.Send(o.header(message.Type(kind), timestamp), p, track, o.now, body)
}

// header returns the header of a message.
func (o *outlet) header(t message.Type, timestamp uint32) chunk.Header {
	return chunk.Header{ChunkStreamID: t.ChunkStream(), Timestamp: timestamp, Type: uint8(t), StreamID: o.StreamID}
}

// colorInfo encodes the colours of a track. Enhanced RTMP v2, "Metadata Frame".
func colorInfo(c *flv.Color) ([]byte, error) {
	var groups amf.Object
	for _, f := range c.Fields() {
		if len(groups) == 0 || groups[len(groups)-1].Name != f.Group {
			groups = append(groups, amf.Property{Name: f.Group, Value: amf.Object{}})
		}
		last := &groups[len(groups)-1]
		last.Value = append(last.Value.(amf.Object), amf.Property{Name: f.Name, Value: f.Value})
	}
	return amf.Append(nil, "colorInfo", groups)
}

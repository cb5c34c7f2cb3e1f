package core

import (
	"errors"

	"luatrtmp/core/caps"
	"luatrtmp/core/client"
	"luatrtmp/core/feeder"
	"luatrtmp/core/flv"
	"luatrtmp/core/mux"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/source"
)

// SetMetadata sets one extra field of onMetaData: a float64, string or bool.
func (p *Publisher) SetMetadata(name string, value any) error {
	return p.muxer.SetMetadata(name, value)
}

// ClearMetadata forgets the extra fields.
func (p *Publisher) ClearMetadata() { p.muxer.ClearMetadata() }

// SendMetadata sends the extra fields now if media has been sent already; otherwise they go out with the first media.
func (p *Publisher) SendMetadata() error { return p.muxer.ResendMetadata() }

// SendVideo sends one access unit: SendVideoFrame without a codec's name, on track 0.
func (p *Publisher) SendVideo(au []byte, timestamp uint32, compositionTime int32) error {
	return p.SendVideoFrame(au, timestamp, Frame{CompositionTime: compositionTime})
}

// SendVideoFrame sends one access unit: H.264 and HEVC in Annex B form, AV1 as a temporal unit in the low-overhead format,
// VP9 and VP8 as a frame. timestamp: decode time in ms, modulo 2^32, from any origin. data and f are not kept. ErrState unless
// publishing, ErrInvalid for what is no access unit, ErrRefused when the server does not take the codec or the track, which
// ends the connection. The first frame pushed switches the source off for good.
func (p *Publisher) SendVideoFrame(data []byte, timestamp uint32, f Frame) error {
	p.feeder.GiveWay()
	return p.endure(p.muxer.SendVideoFrame(data, timestamp, f), len(data))
}

// SendNALUs sends one access unit of H.264 or HEVC that lies in several buffers, each one NAL unit without a start code or
// any number of them with start codes. Otherwise as SendVideo.
func (p *Publisher) SendNALUs(buffers [][]byte, timestamp uint32) error {
	p.feeder.GiveWay()
	return p.endure(p.muxer.SendNALUs(buffers, timestamp), sendqueue.Size(buffers))
}

// SendAudioBody sends what the body of an FLV audio tag holds: a sequence header or a frame, of any codec, in the old form or
// with a FourCC. Otherwise as SendVideoFrame.
func (p *Publisher) SendAudioBody(body []byte, timestamp uint32) error {
	p.feeder.GiveWay()
	return p.endure(p.muxer.SendAudioBody(body, timestamp), len(body))
}

// SendAudioFrame sends one raw frame, whose configuration is in f.Config the first time if its codec has one, or AAC in
// ADTS frames. Otherwise as SendVideoFrame.
func (p *Publisher) SendAudioFrame(data []byte, timestamp uint32, f Frame) error {
	p.feeder.GiveWay()
	return p.endure(p.muxer.SendAudioFrame(data, timestamp, f), len(data))
}

// SendAAC is SendAudioFrame for AAC on track 0.
func (p *Publisher) SendAAC(frame, config []byte, timestamp uint32) error {
	return p.SendAudioFrame(frame, timestamp, Frame{Codec: flv.AAC.String(), Config: config})
}

// endure makes a pushed frame that met an outage a dropped one: the session tries again, and the caller need not care.
func (p *Publisher) endure(err error, size int) error {
	if err == mux.ErrAudioLeftOut { // as the option audio_optional has it
		if !p.leftOutTold.Swap(true) {
			p.log.Warn("the server does not take the audio that is pushed: the video goes alone")
		}
		return nil
	}
	if err == nil || !p.enduring.Load() || errors.Is(err, rtmperr.ErrInvalid) || errors.Is(err, rtmperr.ErrOverflow) || caps.IsNotTaken(err) {
		return err
	}
	p.counters.Dropped(1, uint64(size))
	return nil
}

// knownForms returns how the media that is known by now would be sent: that of the source, and what
// has been pushed.
func (p *Publisher) knownForms(o *options.Options) []flv.Form {
	media, part := p.feeder.Media()
	var forms []flv.Form
	if part != feeder.FeedsAlone {
		forms = p.muxer.Forms(o.LegacyHEVC)
	}
	if part != feeder.IsOff {
		forms = append(forms, expectationOf(media).Forms(o.LegacyHEVC)...)
	}
	return forms
}

// sourceForms returns how the source that is going to feed the stream would be sent: nothing if
// frames are pushed, or may be.
func (p *Publisher) sourceForms(o *options.Options) []flv.Form {
	if media, part := p.feeder.Media(); part == feeder.FeedsAlone {
		return expectationOf(media).Forms(o.LegacyHEVC)
	}
	return nil
}

// SetSource sets what is sent while nothing is pushed; see source.ParseSpec. It is opened and checked at once, and takes over
// at a key frame when media flows already.
func (p *Publisher) SetSource(spec string) error {
	return p.feeder.Set(func() (source.Spec, error) { return source.ParseSpec(spec) })
}

// Start lets the source feed the stream as soon as the state is PUBLISHING.
func (p *Publisher) Start() { p.feeder.Start() }

// Stop ends feeding; the connection stays. Frames that a camera pushes later begin at a key frame.
func (p *Publisher) Stop() { p.feeder.Stop() }

// SetCamera says what is known of the host's camera. It takes effect at once: unless the camera is expected, a source that
// waits for it, or has given way to it, begins.
func (p *Publisher) SetCamera(camera Camera) { p.feeder.SetCamera(camera) }

// SourceError returns why nothing of the source can be sent although it should be, or why it failed;
// "" while all is well. A new source, or one that goes on, begins without an error.
func (p *Publisher) SourceError() string { return p.feeder.Trouble() }

// SetSourceFields is SetSource for a path or a URL whose parameters are apart from it.
func (p *Publisher) SetSourceFields(path string, fields []SourceField) error {
	return p.feeder.Set(func() (source.Spec, error) { return specOf(path, fields) })
}

// destination returns where the muxer sends the media of a connection that is up.
func destination(c *client.Connection, o *options.Options) mux.Destination {
	return mux.Destination{
		Out: c.Out, StreamID: c.StreamID(), Server: c.Server(),
		Wants: mux.Preferences{LegacyHEVC: o.LegacyHEVC, SilentAudio: o.SilentAudio, AudioOptional: o.AudioOptional},
	}
}

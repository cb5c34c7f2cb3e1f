package flv

// VideoTrack follows the decoder configuration of one video track.
type VideoTrack interface {
	// Codec returns what the track is coded in.
	Codec() Codec

	// SetConfig takes a decoder configuration; see AccessUnit.Config. After an error everything is as before. The record is not kept.
	SetConfig(record []byte) error

	// Take looks at one access unit, stores the decoder configuration that is in it, and says what a publisher has to know. parts are the
	// NAL units of H.264 and HEVC; one part, AccessUnit.Data, for all other codecs. The unit is good even if there is an error: what is
	// broken is left out and the rest of the stream goes on.
	Take(parts [][]byte) (VideoUnit, error)

	// Record returns the decoder configuration as a sequence start carries it, nil until it is known. The slice is not changed later:
	// there is a new one for each change.
	Record() []byte

	// Info returns what the media says of itself; all is 0 until it is known. Color is another pointer only when the colours have changed.
	Info() VideoInfo

	// Forget lets go of the parts of the last Take, where they are memory that is not the caller's to keep.
	Forget()
}

// VideoUnit is what a VideoTrack found in an access unit.
type VideoUnit struct {
	Parts         [][]byte // what goes into the message body, in order. Valid until the next Take; empty when there is nothing to send
	Key           bool     // decoding can begin here
	Disposable    bool     // a picture that no other refers to
	ConfigChanged bool     // Record is not what it was at the previous Take

	// Frames is how many frames the access unit holds, where two fields of one frame are one, and slices without their beginning
	// are one, too. It is 0 for parameter sets, access unit delimiters, SEI, filler and the like alone.
	Frames int

	// Leading is a picture that may refer to pictures in front of the key frame it follows: it can only be decoded with the group before.
	// Such are the RASL pictures that HEVC has in open GOPs, and those that H.264 has behind a recovery point and shows before it. No
	// picture but its like refers to it.
	Leading bool
}

// AudioTrack follows the decoder configuration of one audio track.
type AudioTrack interface {
	// Codec returns what the track is coded in.
	Codec() Codec

	// SetConfig takes a decoder configuration; see AccessUnit.Config. After an error everything is as before. The config is not kept.
	SetConfig(config []byte) error

	// Take checks one frame, and learns from it where the codec's frames describe themselves. An error says what was seen.
	Take(frame []byte) error

	// Ready reports whether enough is known to send frames: AAC, Opus and FLAC need a configuration.
	Ready() bool

	// Record returns the decoder configuration as a sequence start carries it, nil if the codec has none or it is not yet known. The
	// slice is not changed later.
	Record() []byte

	// Info returns what is known of the track.
	Info() AudioInfo

	// Samples returns how many samples per channel a frame has, and the rate in Hz at which they count: that of the core for HE-AAC, 48
	// kHz for Opus. What is not known is 0.
	Samples(frame []byte) (n, rate int)
}

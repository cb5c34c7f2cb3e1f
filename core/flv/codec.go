package flv

// Codec names what an access unit is coded in.
type Codec uint8

// The codecs that can be published.
const (
	NoCodec Codec = iota

	H264
	HEVC
	AV1
	VP9
	VP8

	AAC
	MP3
	Opus
	FLAC
	AC3
	EAC3
	PCMA // G.711 A-law
	PCMU // G.711 mu-law
)

// codecs has for each codec its name in the APIs and its FourCC in Enhanced RTMP v2, which G.711 lacks.
var codecs = [...]struct {
	kind         Kind
	name, fourCC string
}{
	H264: {Video, "h264", "avc1"},
	HEVC: {Video, "hevc", "hvc1"},
	AV1:  {Video, "av1", "av01"},
	VP9:  {Video, "vp9", "vp09"},
	VP8:  {Video, "vp8", "vp08"},

	AAC:  {Audio, "aac", "mp4a"},
	MP3:  {Audio, "mp3", ".mp3"},
	Opus: {Audio, "opus", "Opus"},
	FLAC: {Audio, "flac", "fLaC"},
	AC3:  {Audio, "ac3", "ac-3"},
	EAC3: {Audio, "eac3", "ec-3"},
	PCMA: {Audio, "pcma", ""},
	PCMU: {Audio, "pcmu", ""},
}

// String returns the name that the C and Lua APIs have for the codec, "" for NoCodec.
func (c Codec) String() string {
	if int(c) >= len(codecs) {
		return "unknown"
	}
	return codecs[c].name
}

// Kind returns the kind of media of a codec, 0 for NoCodec.
func (c Codec) Kind() Kind {
	if int(c) >= len(codecs) {
		return 0
	}
	return codecs[c].kind
}

// FourCC returns the name that Enhanced RTMP has for the codec; "" for one that has none.
func (c Codec) FourCC() string {
	if int(c) >= len(codecs) {
		return ""
	}
	return codecs[c].fourCC
}

// ParseCodec returns the codec with a name; false if there is none.
func ParseCodec(name string) (Codec, bool) {
	for c, known := range codecs {
		if name != "" && known.name == name {
			return Codec(c), true
		}
	}
	return NoCodec, false
}

// HasNALUs reports whether access units of a codec consist of NAL units, each with a length in front of it
// in a message body.
func (c Codec) HasNALUs() bool { return c == H264 || c == HEVC }

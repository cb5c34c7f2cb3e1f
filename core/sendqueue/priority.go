package sendqueue

// Priority says what a message is to a connection that is too slow: control messages leave first,
// and only frames of video are ever dropped. The names of the frames are those of FLV.
type Priority uint8

// The priorities of messages.
const (
	Control    Priority = iota // protocol control messages and commands
	Header                     // metadata and sequence headers
	Audio                      // a frame of audio
	KeyFrame                   // a key frame: the first frame of a GOP
	InterFrame                 // a frame that refers to others, and that others may refer to
	Disposable                 // a non-reference frame: no other frame refers to it

	// Leading frames follow a key frame and refer to the GOP before it, so that they cannot be decoded
	// without that GOP; see flv.VideoUnit.
	Leading
	LeadingDisposable
)

// IsVideo reports whether the message is a frame of video.
func (p Priority) IsVideo() bool { return p >= KeyFrame }

func (p Priority) isDisposable() bool { return p == Disposable || p == LeadingDisposable }
func (p Priority) isLeading() bool    { return p >= Leading }

package sendqueue

// Priority of a message: the queue may drop pictures, and nothing else.
type Priority uint8

const (
	Control    Priority = iota // protocol control, commands: sent before all media, in order
	Header                     // metadata, sequence headers: never dropped
	Audio                      // never dropped
	KeyFrame                   // a key frame: begins a group of pictures
	InterFrame                 // any other picture that others may refer to
	Disposable                 // a picture that no other refers to

	// The same two, of pictures that cannot be decoded without the group before their key frame; see flv.VideoUnit.
	Leading
	LeadingDisposable
)

// IsVideo reports whether the message is a picture.
func (c Priority) IsVideo() bool      { return c >= KeyFrame }
func (c Priority) isDisposable() bool { return c == Disposable || c == LeadingDisposable }
func (c Priority) isLeading() bool    { return c >= Leading }

package core

// class of a message: the queue may drop pictures, and nothing else.
type class uint8

const (
	classControl    class = iota // protocol control, commands: sent before all media, in order
	classHeader                  // metadata, sequence headers: never dropped
	classAudio                   // never dropped
	classKey                     // a key frame: begins a group of pictures
	classPicture                 // any other picture that others may refer to
	classDisposable              // a picture that no other refers to

	// The same two, of pictures that cannot be decoded without the group before their key frame; see flv.VideoUnit.
	classLeading
	classLeadingDisposable
)

func (c class) video() bool      { return c >= classKey }
func (c class) disposable() bool { return c == classDisposable || c == classLeadingDisposable }
func (c class) leading() bool    { return c >= classLeading }

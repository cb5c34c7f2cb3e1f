package rtp

import (
	"errors"
	"time"
)

// Errors of this package. They come wrapped, with place and numbers in the text.
var (
	ErrBadDescription = errors.New("bad RTP description")
	ErrUnsupported    = errors.New("not supported")
)

// errBadPayload is a payload that is not what its codec's payload format says. What comes with it is left out.
var errBadPayload = errors.New("bad payload")

// errForeign is a payload that is left out, and its access unit goes on without it: a NAL unit of a type that nobody has
// defined, which cameras send to their own players, or one that says of itself that it is damaged. It comes with
// errBadPayload.
var errForeign = errors.New("left out")

// What is bounded, and why.
const (
	// maxUnitBytes is the largest access unit that is put together: what one RTMP message can carry, with some room for headers.
	maxUnitBytes = 0xFFFFFF - 4096

	// maxUnitParts is how many NAL units an access unit may have: pictures of several hundred slices exist.
	maxUnitParts = 2048

	// reorderPackets and reorderTime are how many packets, and how long, one that comes too early waits for those before it.
	reorderPackets = 64
	reorderTime    = 100 * time.Millisecond

	// endTime ends a picture whose last packet had the marker, where the marker is not to be trusted: so long nothing more of it came.
	// silentTime does so without a marker. Only the last picture before a pause has to wait so long: else the next one ends it.
	endTime    = 100 * time.Millisecond
	silentTime = 500 * time.Millisecond
)

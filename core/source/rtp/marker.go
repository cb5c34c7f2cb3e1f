package rtp

// markerRule decides whether the marker bit, which RTP payload formats put on the last packet of a picture, can be believed: cameras set it
// on every packet, or never. It is believed after it was right on some pictures of several packets (with one packet "on the last" and "on
// every" are the same), and never again once it was wrong. While it is not believed, the next timestamp ends a picture.
type markerRule struct {
	right  int // pictures of several packets with the marker on the last one only, in a row
	single int // pictures of one packet with the marker, in a row
	wrong  bool
}

const (
	rightPictures  = 2
	singlePictures = 64
)

func (m *markerRule) believed() bool {
	return !m.wrong && (m.right >= rightPictures || m.single >= singlePictures)
}

// observe looks at a whole picture that was ended by the next timestamp: the number of its packets, how many of them had the marker, and
// whether the last one had.
func (m *markerRule) observe(packets, markers int, last bool) {
	switch {
	case markers == 0:
		m.right, m.single = 0, 0
	case markers > 1 || !last:
		m.wrong = true
	case packets > 1:
		m.right++
	default:
		m.single++
	}
}

package mux

// The most that is kept of access units without a frame. Real ones have some 100 bytes; filler may
// be of any size, and nobody misses it.
const (
	maxHeldUnits = 32
	maxHeldBytes = 64 << 10
)

// heldUnits are copies of the NAL units or OBUs of access units without a frame, such as an access
// unit delimiter that an encoder hands over by itself. They go out with the next frame. What is too
// much is left out.
type heldUnits struct {
	data  []byte
	ends  []int    // where in data each of them ends
	units [][]byte // the result of take
}

// some reports whether something is held.
func (h *heldUnits) some() bool { return len(h.ends) > 0 }

func (h *heldUnits) add(units [][]byte) {
	for _, u := range units {
		if len(h.ends) < maxHeldUnits && len(h.data)+len(u) <= maxHeldBytes {
			h.data = append(h.data, u...)
			h.ends = append(h.ends, len(h.data))
		}
	}
}

// take returns what is held and holds nothing from then on. The result is valid until the next add.
func (h *heldUnits) take() [][]byte {
	h.units = h.units[:0]
	start := 0
	for _, end := range h.ends {
		h.units = append(h.units, h.data[start:end])
		start = end
	}
	h.data, h.ends = h.data[:0], h.ends[:0]
	return h.units
}

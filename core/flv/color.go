package flv

// ColorField is one number of the object `colorInfo`: Group is the name of the object within it that has the number.
type ColorField struct {
	Group, Name string
	Value       float64
}

// Fields returns the numbers of `colorInfo` that are known, in the order of Enhanced RTMP v2, section Metadata Frame. Fields of one group
// stand together. For the body of Builder.Metadata they are encoded as AMF0: the string "colorInfo", and an object that has for each group
// an object with its fields as numbers. Enhanced RTMP v1 has the same.
func (c *Color) Fields() []ColorField {
	var fields []ColorField
	if c.BitDepth > 0 {
		fields = appendGroup(fields, "colorConfig", []string{"bitDepth"}, float64(c.BitDepth))
	}
	fields = appendGroup(fields, "colorConfig", colorConfigNames, float64(c.Primaries), float64(c.Transfer), float64(c.MatrixCoefficients))
	if c.MaxFALL > 0 || c.MaxCLL > 0 {
		fields = appendGroup(fields, "hdrCll", cllNames, c.MaxFALL, c.MaxCLL)
	}
	if m := c.Mastering; m != nil {
		fields = appendGroup(fields, "hdrMdcv", mdcvNames, m.RedX, m.RedY, m.GreenX, m.GreenY, m.BlueX, m.BlueY, m.WhiteX, m.WhiteY,
			m.MaxLuminance, m.MinLuminance)
	}
	return fields
}

var (
	colorConfigNames = []string{"colorPrimaries", "transferCharacteristics", "matrixCoefficients"}
	cllNames         = []string{"maxFall", "maxCLL"}
	mdcvNames        = []string{"redX", "redY", "greenX", "greenY", "blueX", "blueY", "whitePointX", "whitePointY", "maxLuminance", "minLuminance"}
)

// appendGroup is not inlined: it is small, and seldom needed.
//
//go:noinline
func appendGroup(fields []ColorField, group string, names []string, values ...float64) []ColorField {
	for i, v := range values {
		fields = append(fields, ColorField{group, names[i], v})
	}
	return fields
}

// The numbers of H.273 for HDR.
const (
	transferPQ  = 16 // SMPTE ST 2084
	transferHLG = 18 // ARIB STD-B67
)

// HDR reports whether the colours are more than a standard display shows: PQ or HLG, or light levels for them.
func (c *Color) HDR() bool {
	return c != nil && (c.Transfer == transferPQ || c.Transfer == transferHLG || c.MaxCLL > 0 || c.MaxFALL > 0 || c.Mastering != nil)
}

// unspecified is the number of H.273 for primaries, transfer characteristics and matrix coefficients that are not told.
const unspecified = 2

// hdr collects what the media says of its colours in places of their own: the sequence header, and messages beside the pictures.
type hdr struct {
	mastering       *MasteringDisplay
	maxCLL, maxFALL float64
	color           *Color // made of all; stays the same pointer until something changes
}

// setMastering notes a mastering display and reports whether it is another one.
func (h *hdr) setMastering(m MasteringDisplay) bool {
	if h.mastering != nil && *h.mastering == m {
		return false
	}
	kept := m // m itself would be allocated at each call
	h.mastering = &kept
	return true
}

// setLevels notes light levels and reports whether they are other ones.
func (h *hdr) setLevels(maxCLL, maxFALL float64) bool {
	changed := h.maxCLL != maxCLL || h.maxFALL != maxFALL
	h.maxCLL, h.maxFALL = maxCLL, maxFALL
	return changed
}

// update makes the colour anew: base is that of the sequence header. It is rare, and inlined in all of its callers it would be large.
//
//go:noinline
func (h *hdr) update(base Color) {
	base.MaxCLL, base.MaxFALL, base.Mastering = h.maxCLL, h.maxFALL, h.mastering
	told := base.Primaries != unspecified || base.Transfer != unspecified || base.MatrixCoefficients != unspecified ||
		base.MaxCLL > 0 || base.MaxFALL > 0 || base.Mastering != nil
	switch {
	case !told:
		h.color = nil
	case h.color == nil || *h.color != base:
		h.color = &base
	}
}

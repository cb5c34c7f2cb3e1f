package matroska

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/at-wat/ebml-go"

	"luatrtmp/core/source/media"
)

// What is read of the elements in front of the media. The library reads them into these structs, whose tags are its names.
type (
	ebmlHeader struct {
		DocType string `ebml:"EBMLDocType"`
	}

	segmentInfo struct {
		Scale    uint64  `ebml:"TimecodeScale"` // ns
		Duration float64 `ebml:"Duration"`      // in units of Scale
	}

	trackEntry struct {
		Number          uint64           `ebml:"TrackNumber"`
		Type            uint64           `ebml:"TrackType"`
		CodecID         string           `ebml:"CodecID"`
		CodecPrivate    []byte           `ebml:"CodecPrivate"`
		CodecDelay      uint64           `ebml:"CodecDelay"`          // ns
		DefaultDuration uint64           `ebml:"DefaultDuration"`     // ns
		Scale           float64          `ebml:"TrackTimestampScale"` // factor of the times in blocks
		Video           video            `ebml:"Video"`
		Audio           audio            `ebml:"Audio"`
		Encodings       contentEncodings `ebml:"ContentEncodings"`
	}

	video struct {
		Width  uint64 `ebml:"PixelWidth"`
		Height uint64 `ebml:"PixelHeight"`
		Colour colour `ebml:"Colour"`
	}

	colour struct {
		Primaries uint64    `ebml:"Primaries"`
		Transfer  uint64    `ebml:"TransferCharacteristics"`
		Matrix    uint64    `ebml:"MatrixCoefficients"`
		MaxCLL    uint64    `ebml:"MaxCLL"`
		MaxFALL   uint64    `ebml:"MaxFALL"`
		Mastering mastering `ebml:"MasteringMetadata"`
	}

	mastering struct {
		RedX         float64 `ebml:"PrimaryRChromaticityX"`
		RedY         float64 `ebml:"PrimaryRChromaticityY"`
		GreenX       float64 `ebml:"PrimaryGChromaticityX"`
		GreenY       float64 `ebml:"PrimaryGChromaticityY"`
		BlueX        float64 `ebml:"PrimaryBChromaticityX"`
		BlueY        float64 `ebml:"PrimaryBChromaticityY"`
		WhiteX       float64 `ebml:"WhitePointChromaticityX"`
		WhiteY       float64 `ebml:"WhitePointChromaticityY"`
		MaxLuminance float64 `ebml:"LuminanceMax"`
		MinLuminance float64 `ebml:"LuminanceMin"`
	}

	audio struct {
		Rate       float64 `ebml:"SamplingFrequency"`
		OutputRate float64 `ebml:"OutputSamplingFrequency"`
		Channels   uint64  `ebml:"Channels"`
	}

	contentEncodings struct {
		All []contentEncoding `ebml:"ContentEncoding"`
	}

	contentEncoding struct {
		Order       uint64      `ebml:"ContentEncodingOrder"`
		Scope       uint64      `ebml:"ContentEncodingScope"`
		Type        uint64      `ebml:"ContentEncodingType"`
		Compression compression `ebml:"ContentCompression"`
	}

	compression struct {
		Algorithm uint64 `ebml:"ContentCompAlgo"`
		Settings  []byte `ebml:"ContentCompSettings"`
	}
)

// decode has the library read the content of an element into v, a pointer to one of the structs above. It changes the content.
//
// The library fails at elements that it does not know, and takes memory as a length says. So it gets only elements that v has a
// field for and whose lengths are right.
func decode(content []byte, v any) error {
	content = blank(content, reflect.TypeOf(v).Elem())
	if err := ebml.Unmarshal(bytes.NewReader(content), v); err != nil {
		return fmt.Errorf("%w: %w", media.ErrBadMedia, err)
	}
	return nil
}

// blank makes all elements Void that a struct type has no field for, or that the library cannot read. It returns the content without
// what is broken at its end.
func blank(content []byte, t reflect.Type) []byte {
	for pos := 0; pos < len(content); {
		id, length, n := parseHeader(content[pos:])
		if n == 0 || length < 0 || length > int64(len(content)-pos-n) {
			return content[:pos]
		}
		end := pos + n + int(length)
		if f, ok := fieldOf(t, id); !ok || !isReadable(f, int(length)) {
			void(content[pos:end])
		} else if f.Kind() == reflect.Struct {
			if inner := content[pos+n : end]; len(blank(inner, f)) < len(inner) {
				void(content[pos:end])
			}
		}
		pos = end
	}
	return content
}

// fieldOf returns the type that the elements with an ID have in a struct: of slices the type of what is in them.
func fieldOf(t reflect.Type, id uint32) (reflect.Type, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, err := ebml.ElementTypeFromString(f.Tag.Get("ebml"))
		if err != nil || uint64(id) != parseUint(name.Bytes()) {
			continue
		}
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			return f.Type.Elem(), true
		}
		return f.Type, true
	}
	return nil, false
}

// isReadable reports whether the library reads a content of a length into a field of a type.
func isReadable(t reflect.Type, length int) bool {
	switch t.Kind() {
	case reflect.Uint64:
		return length <= 8
	case reflect.Float64:
		return length == 4 || length == 8
	}
	return true
}

// void makes a Void element of the same size of an element, which has at least 2 bytes.
func void(b []byte) {
	const wide = 8 // size of the length
	b[0] = idVoid
	if len(b) < 1+wide {
		b[1] = 0x80 | byte(len(b)-2)
		return
	}
	length := len(b) - 1 - wide
	for i := wide; i > 1; i-- {
		b[i] = byte(length)
		length >>= 8
	}
	b[1] = 1
}

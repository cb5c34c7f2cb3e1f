package amf

import "errors"

// Errors of Append and Unmarshal, to be compared with errors.Is. What they come
// wrapped in adds the numbers and the place.
var (
	// ErrTruncated: the input ends inside a value, or an object has no end marker.
	ErrTruncated = errors.New("amf: input ends inside a value")

	// ErrMarker: the input holds a type marker with which no AMF0 value begins.
	ErrMarker = errors.New("amf: type marker not supported")

	// ErrDepth: more than MaxDepth objects and arrays inside one another.
	ErrDepth = errors.New("amf: values nested too deep")

	// ErrElements: more than MaxElements values.
	ErrElements = errors.New("amf: too many values")

	// ErrLength: a string longer than MaxStringLength or a name longer than MaxNameLength.
	ErrLength = errors.New("amf: string too long")

	// ErrType: Append was given a Go type that is not listed at Value.
	ErrType = errors.New("amf: Go type has no AMF0 type")
)

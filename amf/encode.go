package amf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Append appends the encoding of values to dst and returns the longer slice. It
// takes the types listed at Value, and nil as Null.
//
// The error is ErrType, ErrDepth, ErrElements or ErrLength, wrapped with the names
// of the properties that lead to the place. dst is then returned as it was given;
// only its spare capacity may have been written to.
func Append(dst []byte, values ...Value) ([]byte, error) {
	e := encoder{output: dst}
	if err := e.budget.spend(uint64(len(values))); err != nil {
		return dst, err
	}
	for _, v := range values {
		if err := e.value(v, 0); err != nil {
			return dst, err
		}
	}
	return e.output, nil
}

type encoder struct {
	output []byte
	budget budget
}

// value writes one value that stands inside depth objects and arrays.
func (e *encoder) value(v Value, depth int) error {
	switch v := v.(type) {
	case float64:
		e.marker(markerNumber)
		e.number(v)
	case bool:
		e.marker(markerBoolean)
		if v {
			e.output = append(e.output, 1)
		} else {
			e.output = append(e.output, 0)
		}
	case string:
		if len(v) <= math.MaxUint16 {
			e.marker(markerString)
			return e.string(v, "string")
		}
		e.marker(markerLongString)
		return e.longString(v, "string")
	case XML:
		e.marker(markerXML)
		return e.longString(string(v), "XML document")
	case nil, Null:
		e.marker(markerNull)
	case Undefined:
		e.marker(markerUndefined)
	case Unsupported:
		e.marker(markerUnsupported)
	case Reference:
		e.marker(markerReference)
		e.output = binary.BigEndian.AppendUint16(e.output, uint16(v))
	case Date:
		e.marker(markerDate)
		e.number(v.Milliseconds)
		e.output = binary.BigEndian.AppendUint16(e.output, uint16(v.TimeZone))
	case Object, ECMAArray, StrictArray, TypedObject:
		if depth == MaxDepth {
			return fmt.Errorf("%w: more than %d levels", ErrDepth, MaxDepth)
		}
		return e.complex(v, depth+1)
	default:
		return fmt.Errorf("%w: %T", ErrType, v)
	}
	return nil
}

// complex writes an object or array.
func (e *encoder) complex(v Value, depth int) error {
	switch v := v.(type) {
	case Object: // 2.5.
		e.marker(markerObject)
		return e.properties(v, depth)
	case ECMAArray: // 2.10. MaxElements, checked below, keeps the count in 32 bits.
		e.marker(markerECMAArray)
		e.output = binary.BigEndian.AppendUint32(e.output, uint32(len(v)))
		return e.properties(v, depth)
	case StrictArray: // 2.12.
		if err := e.budget.spend(uint64(len(v))); err != nil {
			return err
		}
		e.marker(markerStrictArray)
		e.output = binary.BigEndian.AppendUint32(e.output, uint32(len(v)))
		for i, element := range v {
			if err := e.value(element, depth); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	default: // 2.18.
		typed := v.(TypedObject)
		e.marker(markerTypedObject)
		if err := e.string(typed.Class, "class name"); err != nil {
			return err
		}
		return e.properties(typed.Properties, depth)
	}
}

// properties writes the named values of an object and its end. 2.5, 2.11.
func (e *encoder) properties(properties []Property, depth int) error {
	if err := e.budget.spend(uint64(len(properties))); err != nil {
		return err
	}
	for _, p := range properties {
		if err := e.string(p.Name, "property name"); err != nil {
			return err
		}
		if err := e.value(p.Value, depth); err != nil {
			// The precision bounds the text: a name may have 64 KiB.
			return fmt.Errorf("property %.40q: %w", p.Name, err)
		}
	}
	e.output = append(e.output, 0, 0, byte(markerObjectEnd))
	return nil
}

func (e *encoder) marker(m marker) {
	e.output = append(e.output, byte(m))
}

func (e *encoder) number(v float64) {
	e.output = binary.BigEndian.AppendUint64(e.output, math.Float64bits(v))
}

// string writes UTF-8 with a 16-bit length. 1.3.1.
func (e *encoder) string(s, what string) error {
	if len(s) > math.MaxUint16 {
		return fmt.Errorf("%w: %s of %d bytes, at most %d", ErrLength, what, len(s), math.MaxUint16)
	}
	e.output = binary.BigEndian.AppendUint16(e.output, uint16(len(s)))
	e.output = append(e.output, s...)
	return nil
}

// longString writes UTF-8 with a 32-bit length. 1.3.1.
func (e *encoder) longString(s, what string) error {
	if len(s) > MaxStringLength {
		return fmt.Errorf("%w: %s of %d bytes, at most %d", ErrLength, what, len(s), MaxStringLength)
	}
	e.output = binary.BigEndian.AppendUint32(e.output, uint32(len(s)))
	e.output = append(e.output, s...)
	return nil
}

package amf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Unmarshal decodes a sequence of values until b is used up. An empty b gives no
// values and no error. Nothing returned aliases b.
//
// The error is ErrTruncated, ErrMarker, ErrDepth, ErrElements or ErrLength,
// wrapped with the offset in b; no values are returned with it.
func Unmarshal(b []byte) ([]Value, error) {
	d := decoder{input: b}
	var values []Value
	for d.offset < len(b) {
		if err := d.spend(1); err != nil {
			return nil, err
		}
		value, err := d.value(0)
		if err != nil {
			return nil, err
		}
		if values == nil {
			values = make([]Value, 0, 4) // most messages have so few
		}
		values = append(values, value)
	}
	return values, nil
}

type decoder struct {
	input  []byte
	offset int
	budget budget
}

// value reads one value that stands inside depth objects and arrays.
func (d *decoder) value(depth int) (Value, error) {
	start := d.offset
	m, err := d.uint8("type marker")
	if err != nil {
		return nil, err
	}
	switch m := marker(m); m {
	case markerNumber:
		return asValue(d.number())
	case markerBoolean: // 2.3: zero is false, everything else is true.
		b, err := d.uint8("boolean")
		return b != 0, err
	case markerString:
		return asValue(d.string("string"))
	case markerLongString:
		return asValue(d.longString("long string"))
	case markerXML: // 2.17: encoded as a long string.
		s, err := d.longString("XML document")
		return XML(s), err
	case markerNull:
		return Null{}, nil
	case markerUndefined:
		return Undefined{}, nil
	case markerUnsupported:
		return Unsupported{}, nil
	case markerReference:
		index, err := d.uint16("reference")
		return Reference(index), err
	case markerDate:
		return asValue(d.date())
	case markerObject, markerECMAArray, markerStrictArray, markerTypedObject:
		if depth == MaxDepth {
			return nil, fmt.Errorf("%w: more than %d levels at offset %d", ErrDepth, MaxDepth, start)
		}
		return d.complex(m, start, depth+1)
	default:
		return nil, fmt.Errorf("%w: %s, at offset %d", ErrMarker, m.refusal(), start)
	}
}

// complex reads the object or array whose marker m stood at start.
func (d *decoder) complex(m marker, start, depth int) (Value, error) {
	switch m {
	case markerObject:
		properties, err := d.properties(start, depth)
		return Object(properties), err
	case markerECMAArray:
		// 2.10. The count is a hint that some servers leave at zero or get
		// wrong; the end marker decides.
		if _, err := d.uint32("ECMA array count"); err != nil {
			return nil, err
		}
		properties, err := d.properties(start, depth)
		return ECMAArray(properties), err
	case markerStrictArray:
		return asValue(d.strictArray(depth))
	default:
		class, err := d.string("class name")
		if err != nil {
			return nil, err
		}
		properties, err := d.properties(start, depth)
		return TypedObject{Class: class, Properties: properties}, err
	}
}

// properties reads what objects, ECMA arrays and typed objects share. 2.5, 2.11.
//
//	+-------------+------+--------+-------+     +-------+------+
//	| name length | name | marker | value | ... | 00 00 |  09  |
//	|  (2 bytes)  |      |        |       |     |       |      |
//	+-------------+------+--------+-------+     +-------+------+
//
// An empty name ends them only if the object end marker follows; in front of any
// other marker it is a name like others.
func (d *decoder) properties(start, depth int) ([]Property, error) {
	properties := make([]Property, 0, 4) // most have so few
	for {
		if d.left() == 0 {
			return nil, fmt.Errorf("%w: no end marker at offset %d for the object begun at offset %d",
				ErrTruncated, d.offset, start)
		}
		name, err := d.string("property name")
		if err != nil {
			return nil, err
		}
		if name == "" && d.left() > 0 && marker(d.input[d.offset]) == markerObjectEnd {
			d.offset++
			return properties, nil
		}
		if err := d.spend(1); err != nil {
			return nil, err
		}
		value, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		properties = append(properties, Property{Name: name, Value: value})
	}
}

// strictArray reads a count and that many values. 2.12.
func (d *decoder) strictArray(depth int) (StrictArray, error) {
	start := d.offset
	count, err := d.uint32("strict array count")
	if err != nil {
		return nil, err
	}
	// Each value takes at least its marker, and all arrays together stay within
	// the budget: only then is the count worth an allocation.
	if uint64(count) > uint64(d.left()) {
		return nil, fmt.Errorf("%w: strict array of %d values, %d bytes left, at offset %d",
			ErrTruncated, count, d.left(), start)
	}
	if err := d.spend(uint64(count)); err != nil {
		return nil, err
	}
	array := make(StrictArray, count)
	for i := range array {
		if array[i], err = d.value(depth); err != nil {
			return nil, err
		}
	}
	return array, nil
}

// date reads the time and the reserved time zone. 2.13.
func (d *decoder) date() (Date, error) {
	milliseconds, err := d.number()
	if err != nil {
		return Date{}, err
	}
	zone, err := d.uint16("time zone")
	return Date{Milliseconds: milliseconds, TimeZone: int16(zone)}, err
}

func (d *decoder) number() (float64, error) {
	b, err := d.take(8, "number")
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

func (d *decoder) spend(n uint64) error {
	if err := d.budget.spend(n); err != nil {
		return fmt.Errorf("%w, at offset %d", err, d.offset)
	}
	return nil
}

// asValue puts a decoded T into a Value.
func asValue[T any](v T, err error) (Value, error) {
	return v, err
}

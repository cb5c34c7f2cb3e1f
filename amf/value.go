package amf

// Value is one AMF0 value. Its dynamic type is one of
//
//	float64      number                   2.2
//	bool         boolean                  2.3
//	string       string, long string      2.4, 2.14 (chosen by length)
//	Object       object                   2.5
//	Null         null                     2.7
//	Undefined    undefined                2.8
//	Reference    reference                2.9
//	ECMAArray    ECMA array               2.10
//	StrictArray  strict array             2.12
//	Date         date                     2.13
//	Unsupported  unsupported              2.15
//	XML          XML document             2.17
//	TypedObject  typed object             2.18
//
// Append also takes nil, as Null. Unmarshal never returns nil for a value.
//
// Strings should be UTF-8. Not every server keeps to that, so neither direction
// checks it.
type Value any

// Property is a named value of an object or an ECMA array.
type Property struct {
	// Name is at most MaxNameLength bytes long. It may be empty.
	Name  string
	Value Value
}

// Object is an anonymous object. Its properties keep the order of the wire.
type Object []Property

// ECMAArray is an associative array, which servers and FLV files use for
// metadata. Its properties keep the order of the wire.
type ECMAArray []Property

// StrictArray is an array with ordinal indices only.
type StrictArray []Value

// TypedObject is an object of a named class.
type TypedObject struct {
	// Class is at most MaxNameLength bytes long.
	Class      string
	Properties Object
}

// Date is a point in time.
type Date struct {
	// Milliseconds since 1 January 1970, UTC.
	Milliseconds float64
	// TimeZone is reserved and should be zero; it is kept as found.
	TimeZone int16
}

// Reference is the index of an object, ECMA array, strict array or typed object
// that stands earlier in the same message. It is kept and not resolved, because a
// resolved one could make a value contain itself.
type Reference uint16

// XML is the text of an XML document.
type XML string

// Null is the null value.
type Null struct{}

// Undefined is the undefined value.
type Undefined struct{}

// Unsupported stands for a value that its sender could not express in AMF0.
type Unsupported struct{}

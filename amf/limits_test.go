package amf

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// nested returns depth containers inside one another, made by wrap.
func nested(depth int, wrap func(Value) Value) Value {
	v := Value(Null{})
	for range depth {
		v = wrap(v)
	}
	return v
}

func TestMaxDepth(t *testing.T) {
	for _, c := range []struct {
		name  string
		wrap  func(Value) Value
		open  string
		close string
	}{
		{"object", func(v Value) Value { return Object{{"a", v}} }, "\x03\x00\x01a", "\x00\x00\x09"},
		{"ECMA array", func(v Value) Value { return ECMAArray{{"a", v}} }, "\x08\x00\x00\x00\x01\x00\x01a", "\x00\x00\x09"},
		{"strict array", func(v Value) Value { return StrictArray{v} }, "\x0A\x00\x00\x00\x01", ""},
		{
			"typed object",
			func(v Value) Value { return TypedObject{Class: "c", Properties: Object{{"a", v}}} },
			"\x10\x00\x01c\x00\x01a", "\x00\x00\x09",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			deepest := nested(MaxDepth, c.wrap)
			wire, err := Append(nil, deepest)
			require.NoError(t, err)
			values, err := Unmarshal(wire)
			require.NoError(t, err)
			require.Equal(t, []Value{deepest}, values)

			_, err = Append(nil, c.wrap(deepest))
			require.ErrorIs(t, err, ErrDepth)
			_, err = Unmarshal([]byte(c.open + string(wire) + c.close))
			require.ErrorIs(t, err, ErrDepth)
		})
	}
}

// A value that contains itself is a caller's mistake that Go allows.
func TestAppendCyclic(t *testing.T) {
	cyclic := make(StrictArray, 3)
	for i := range cyclic {
		cyclic[i] = cyclic
	}
	_, err := Append(nil, cyclic)
	require.ErrorIs(t, err, ErrDepth)
}

func TestMaxElements(t *testing.T) {
	t.Run("values", func(t *testing.T) {
		wire := bytes.Repeat([]byte{byte(markerNull)}, MaxElements)
		values, err := Unmarshal(wire)
		require.NoError(t, err)
		again, err := Append(nil, values...)
		require.NoError(t, err)
		require.True(t, bytes.Equal(wire, again))

		_, err = Unmarshal(append(wire, byte(markerNull)))
		require.ErrorIs(t, err, ErrElements)
		_, err = Append(nil, append(values, Null{})...)
		require.ErrorIs(t, err, ErrElements)
	})

	t.Run("strict array", func(t *testing.T) {
		// The array is a value too.
		wire, err := Append(nil, make(StrictArray, MaxElements-1))
		require.NoError(t, err)
		_, err = Unmarshal(wire)
		require.NoError(t, err)

		_, err = Append(nil, make(StrictArray, MaxElements))
		require.ErrorIs(t, err, ErrElements)
		wire = append([]byte("\x0A\x00\x04\x00\x00"), make([]byte, MaxElements)...)
		_, err = Unmarshal(wire)
		require.ErrorIs(t, err, ErrElements)
		require.ErrorContains(t, err, "262144 after 1, at most 262144, at offset 5")
	})

	t.Run("properties", func(t *testing.T) {
		wire, err := Append(nil, make(Object, MaxElements-1))
		require.NoError(t, err)
		_, err = Unmarshal(wire)
		require.NoError(t, err)

		for _, tooMany := range []Value{
			make(Object, MaxElements),
			make(ECMAArray, MaxElements),
			TypedObject{Properties: make(Object, MaxElements)},
		} {
			_, err = Append(nil, tooMany)
			require.ErrorIs(t, err, ErrElements)
		}
		wire = append([]byte{byte(markerObject)}, bytes.Repeat([]byte("\x00\x00\x05"), MaxElements)...)
		_, err = Unmarshal(wire)
		require.ErrorIs(t, err, ErrElements)
	})

	// Each count fits the bytes that follow it, the sum of them does not.
	t.Run("counts inside one another", func(t *testing.T) {
		wire := append(bytes.Repeat([]byte("\x0A\x00\x03\x00\x00"), 8), make([]byte, 0x30000)...)
		_, err := Unmarshal(wire)
		require.ErrorIs(t, err, ErrElements)
		require.ErrorContains(t, err, "at offset 10")
	})
}

func TestMaxLength(t *testing.T) {
	longest := strings.Repeat("x", MaxStringLength)
	wire, err := Append(nil, longest, XML(longest))
	require.NoError(t, err)
	values, err := Unmarshal(wire)
	require.NoError(t, err)
	require.Equal(t, len(values), 2)
	require.True(t, values[0] == longest && values[1] == XML(longest))

	_, err = Append(nil, longest+"x")
	require.ErrorIs(t, err, ErrLength)
	_, err = Append(nil, XML(longest+"x"))
	require.ErrorIs(t, err, ErrLength)

	name := longest[:MaxNameLength]
	named := []Value{Object{{name, true}}, ECMAArray{{name, true}}, TypedObject{Class: name, Properties: Object{{name, true}}}}
	wire, err = Append(nil, named...)
	require.NoError(t, err)
	values, err = Unmarshal(wire)
	require.NoError(t, err)
	require.Equal(t, named, values)

	name += "x"
	for _, v := range []Value{Object{{name, true}}, ECMAArray{{name, true}}, TypedObject{Class: name}} {
		_, err = Append(nil, v)
		require.ErrorIs(t, err, ErrLength)
		require.ErrorContains(t, err, "name of 65536 bytes, at most 65535")
	}
}

// The names in an error do not make it as long as they are.
func TestErrorLength(t *testing.T) {
	name := strings.Repeat("n", MaxNameLength)
	_, err := Append(nil, nested(MaxDepth+1, func(v Value) Value { return Object{{name, v}} }))
	require.ErrorIs(t, err, ErrDepth)
	require.Less(t, len(err.Error()), 100*MaxDepth)
}

package amf

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAppend(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			wire, err := Append([]byte("before"), c.values...)
			require.NoError(t, err)
			require.Equal(t, "before"+c.wire, string(wire))
		})
	}
}

func TestUnmarshal(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			values, err := Unmarshal([]byte(c.wire))
			require.NoError(t, err)
			require.Equal(t, c.values, values)
		})
	}
}

func TestUnmarshalLenient(t *testing.T) {
	for _, c := range lenient {
		t.Run(c.name, func(t *testing.T) {
			values, err := Unmarshal([]byte(c.wire))
			require.NoError(t, err)
			require.Equal(t, c.values, values)
		})
	}
}

func TestUnmarshalMalformed(t *testing.T) {
	for _, c := range malformed {
		t.Run(c.name, func(t *testing.T) {
			values, err := Unmarshal([]byte(c.wire))
			require.ErrorIs(t, err, c.err)
			require.EqualError(t, err, c.err.Error()+": "+c.text)
			require.Nil(t, values)
		})
	}
}

// No proper prefix of a value is a value.
func TestUnmarshalTruncated(t *testing.T) {
	for _, c := range cases {
		if len(c.values) != 1 || len(c.wire) > 1000 {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			for n := 1; n < len(c.wire); n++ {
				_, err := Unmarshal([]byte(c.wire[:n]))
				require.ErrorIs(t, err, ErrTruncated, "first %d bytes", n)
			}
		})
	}
}

func TestUnmarshalDoesNotAlias(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			wire := []byte(c.wire)
			values, err := Unmarshal(wire)
			require.NoError(t, err)
			for i := range wire {
				wire[i] = 0xAA
			}
			require.Equal(t, c.values, values)
		})
	}
}

// Numbers keep every bit, also where == cannot tell.
func TestNumberBits(t *testing.T) {
	for name, bits := range map[string]uint64{
		"quiet NaN":         math.Float64bits(math.NaN()),
		"signalling NaN":    0x7FF0000000000001,
		"negative NaN":      0xFFF8000000000123,
		"negative zero":     1 << 63,
		"infinity":          math.Float64bits(math.Inf(1)),
		"negative infinity": math.Float64bits(math.Inf(-1)),
		"smallest":          1,
		"largest":           math.Float64bits(math.MaxFloat64),
	} {
		t.Run(name, func(t *testing.T) {
			number := math.Float64frombits(bits)
			wire, err := Append(nil, number, Object{{"n", number}}, Date{Milliseconds: number})
			require.NoError(t, err)
			values, err := Unmarshal(wire)
			require.NoError(t, err)
			require.Len(t, values, 3)
			inside, ok := values[1].(Object).GetNumber("n")
			require.True(t, ok)
			require.Equal(t, bits, math.Float64bits(values[0].(float64)))
			require.Equal(t, bits, math.Float64bits(inside))
			require.Equal(t, bits, math.Float64bits(values[2].(Date).Milliseconds))
		})
	}
}

func TestAppendNil(t *testing.T) {
	wire, err := Append(nil, nil, Object(nil), ECMAArray(nil), StrictArray(nil), StrictArray{nil})
	require.NoError(t, err)
	values, err := Unmarshal(wire)
	require.NoError(t, err)
	require.Equal(t, []Value{Null{}, Object{}, ECMAArray{}, StrictArray{}, StrictArray{Null{}}}, values)
}

func TestAppendWrongType(t *testing.T) {
	for _, c := range []struct {
		value Value
		text  string
	}{
		{1, "int"},
		{uint32(1), "uint32"},
		{float32(1), "float32"},
		{[]byte("a"), "[]uint8"},
		{map[string]any{}, "map[string]interface {}"},
		{&Object{}, "*amf.Object"},
	} {
		t.Run(c.text, func(t *testing.T) {
			dst := []byte("before")
			wire, err := Append(dst, true, c.value)
			require.ErrorIs(t, err, ErrType)
			require.EqualError(t, err, "amf: Go type has no AMF0 type: "+c.text)
			require.Equal(t, dst, wire)
		})
	}
}

func TestAppendErrorNamesThePlace(t *testing.T) {
	for _, c := range []struct {
		value Value
		place string
	}{
		{Object{{"width", 1920}}, `property "width": `},
		{TypedObject{Properties: Object{{"x", 1}}}, `property "x": `},
		{
			ECMAArray{{"keyframes", Object{{"times", StrictArray{0.0, 1}}}}},
			`property "keyframes": property "times": element 1: `,
		},
	} {
		_, err := Append(nil, c.value)
		require.ErrorIs(t, err, ErrType)
		require.EqualError(t, err, c.place+"amf: Go type has no AMF0 type: int")
	}
}

func TestGet(t *testing.T) {
	type getter interface {
		Get(name string) (Value, bool)
		GetString(name string) (string, bool)
		GetNumber(name string) (float64, bool)
	}
	properties := []Property{{"code", "first"}, {"n", 1.0}, {"null", nil}, {"code", "last"}}
	for name, g := range map[string]getter{"object": Object(properties), "ECMA array": ECMAArray(properties)} {
		t.Run(name, func(t *testing.T) {
			value, ok := g.Get("code")
			require.True(t, ok)
			require.Equal(t, "last", value)
			_, ok = g.Get("absent")
			require.False(t, ok)
			value, ok = g.Get("null")
			require.True(t, ok)
			require.Nil(t, value)

			s, ok := g.GetString("code")
			require.True(t, ok)
			require.Equal(t, "last", s)
			_, ok = g.GetString("n")
			require.False(t, ok)
			_, ok = g.GetString("absent")
			require.False(t, ok)

			n, ok := g.GetNumber("n")
			require.True(t, ok)
			require.InDelta(t, 1.0, n, 0)
			_, ok = g.GetNumber("code")
			require.False(t, ok)
		})
	}
}

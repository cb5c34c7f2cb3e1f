package amf

import (
	"encoding/binary"
	"fmt"
)

// left returns how many bytes of the input are not read yet.
func (d *decoder) left() int {
	return len(d.input) - d.offset
}

// take returns the next n bytes, which are what. They alias the input.
func (d *decoder) take(n uint32, what string) ([]byte, error) {
	if uint64(n) > uint64(d.left()) {
		return nil, fmt.Errorf("%w: %s of %d bytes, %d left, at offset %d", ErrTruncated, what, n, d.left(), d.offset)
	}
	b := d.input[d.offset : d.offset+int(n)]
	d.offset += int(n)
	return b, nil
}

func (d *decoder) uint8(what string) (uint8, error) {
	b, err := d.take(1, what)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (d *decoder) uint16(what string) (uint16, error) {
	b, err := d.take(2, what)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint16(b), nil
}

func (d *decoder) uint32(what string) (uint32, error) {
	b, err := d.take(4, what)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(b), nil
}

// string reads a 16-bit length and that many bytes: UTF-8 in 1.3.1.
func (d *decoder) string(what string) (string, error) {
	length, err := d.uint16("string length")
	if err != nil {
		return "", err
	}
	b, err := d.take(uint32(length), what)
	return string(b), err
}

// longString reads a 32-bit length and that many bytes: UTF-8-long in 1.3.1.
func (d *decoder) longString(what string) (string, error) {
	start := d.offset
	length, err := d.uint32("string length")
	if err != nil {
		return "", err
	}
	if length > MaxStringLength {
		return "", fmt.Errorf("%w: %s of %d bytes, at most %d, at offset %d",
			ErrLength, what, length, MaxStringLength, start)
	}
	b, err := d.take(length, what)
	return string(b), err
}

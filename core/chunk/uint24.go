package chunk

// uint24 reads the 24-bit big-endian integer at the start of b.
func uint24(b []byte) uint32 {
	return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
}

// appendUint24 appends the low 24 bits of v, big-endian.
func appendUint24(dst []byte, v uint32) []byte {
	return append(dst, byte(v>>16), byte(v>>8), byte(v))
}

// Package bitstream reads and writes the bits of coded video: numbers and Exp-Golomb codes, NAL units
// without their bytes of emulation prevention, and the OBUs of AV1.
//
// Package flv uses it. It knows the syntax of what it reads, not what it means: no tracks, no FLV. It
// has no state beyond its readers, allocates nothing for reading, and no input makes it panic.
package bitstream

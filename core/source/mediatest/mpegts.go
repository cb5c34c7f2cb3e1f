package mediatest

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"

	"github.com/asticode/go-astits"
	"github.com/stretchr/testify/require"
)

// ADTSFrame is one frame: 48000 Hz, stereo, 2 bytes.
var ADTSFrame = []byte{0xFF, 0xF1, 0x4C, 0x80, 0x01, 0x3F, 0xFC, 0x21, 0x10}

// packetSize is the size of a packet of a transport stream.
const packetSize = 188

// EachPES calls f with the header of every PES packet in a file, from the begin of the optional header on.
func EachPES(b []byte, f func(pid int, header []byte)) []byte {
	b = bytes.Clone(b)
	for at := 0; at+packetSize <= len(b); at += packetSize {
		p := b[at : at+packetSize]
		payload := 4
		if p[3]&0x20 != 0 {
			payload += 1 + int(p[4])
		}
		if p[1]&0x40 != 0 && payload+19 < packetSize && bytes.HasPrefix(p[payload:], []byte{0, 0, 1}) {
			f(int(p[1]&0x1F)<<8|int(p[2]), p[payload+6:])
		}
	}
	return b
}

// GetStamp reads a time stamp of 33 bits.
func GetStamp(b []byte) int64 {
	return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}

// PutStamp writes a time stamp of 33 bits over another.
func PutStamp(b []byte, t int64) {
	t &= 1<<33 - 1
	b[0] = b[0]&0xF1 | byte(t>>29)&0x0E
	binary.BigEndian.PutUint16(b[1:], uint16(t>>14)|1)
	binary.BigEndian.PutUint16(b[3:], uint16(t<<1)|1)
}

// Muxed writes PES packets with a library.
func Muxed(t testing.TB, streams map[uint16]astits.StreamType, pes ...*astits.MuxerData) []byte {
	var b bytes.Buffer
	m := astits.NewMuxer(context.Background(), &b)
	for _, pid := range []uint16{256, 257, 258} {
		if typ, ok := streams[pid]; ok {
			require.NoError(t, m.AddElementaryStream(astits.PMTElementaryStream{ElementaryPID: pid, StreamType: typ}))
		}
	}
	if len(pes) > 0 {
		m.SetPCRPID(pes[0].PID)
	}
	_, err := m.WriteTables()
	require.NoError(t, err)
	for _, p := range pes {
		_, err := m.WriteData(p)
		require.NoError(t, err)
	}
	return b.Bytes()
}

// PES makes a packet; pts < 0: without a time.
func PES(pid uint16, pts int64, data ...[]byte) *astits.MuxerData {
	h := &astits.PESHeader{StreamID: 0xC0, OptionalHeader: &astits.PESOptionalHeader{MarkerBits: 2}}
	if pid == 256 {
		h.StreamID = 0xE0
	}
	if pts >= 0 {
		h.OptionalHeader.PTSDTSIndicator = astits.PTSDTSIndicatorOnlyPTS
		h.OptionalHeader.PTS = &astits.ClockReference{Base: pts}
	}
	return &astits.MuxerData{PID: pid, PES: &astits.PESData{Header: h, Data: bytes.Join(data, nil)}}
}

package matroska

import (
	"math"
	"math/bits"
	"slices"
)

// IDs of elements, as they stand in a file. RFC 8794, 11.3, and RFC 9559, 5.1.
const (
	idEBML        = 0x1A45DFA3
	idVoid        = 0xEC
	idCRC32       = 0xBF
	idSegment     = 0x18538067
	idSeekHead    = 0x114D9B74
	idInfo        = 0x1549A966
	idTracks      = 0x1654AE6B
	idTrackEntry  = 0xAE
	idCues        = 0x1C53BB6B
	idChapters    = 0x1043A770
	idTags        = 0x1254C367
	idAttachments = 0x1941A469

	idCluster        = 0x1F43B675
	idTimestamp      = 0xE7
	idSilentTracks   = 0x5854
	idPosition       = 0xA7
	idPrevSize       = 0xAB
	idSimpleBlock    = 0xA3
	idBlockGroup     = 0xA0
	idEncryptedBlock = 0xAF

	idBlock         = 0xA1
	idBlockDuration = 0x9B
)

// topIDs are the elements of a file that may follow each other, also those of a segment.
var topIDs = []uint32{
	idEBML, idVoid, idCRC32, idSegment, idSeekHead, idInfo, idTracks, idCues, idChapters, idTags, idAttachments, idCluster,
}

// clusterIDs are the elements of a cluster.
var clusterIDs = []uint32{
	idTimestamp, idSimpleBlock, idBlockGroup, idPrevSize, idPosition, idVoid, idCRC32, idSilentTracks, idEncryptedBlock,
}

// isKnown reports whether an element with the ID may stand in a file, a segment or a cluster.
func isKnown(id uint32) bool { return slices.Contains(topIDs, id) || slices.Contains(clusterIDs, id) }

// unknownEnd stands for the end of an element whose length is not known beforehand.
const unknownEnd = math.MaxInt64

// maxHeader is the size of the largest header of an element: an ID of 4 bytes and a length of 8.
const maxHeader = 4 + 8

// element is the header of an element.
type element struct {
	id   uint32
	at   int64 // its offset in the file
	body int64 // of its content
	end  int64 // behind its content; unknownEnd: its length is unknown
}

func (e *element) size() int64 { return e.end - e.body }

// parseHeader reads the header of the element that b begins with. n is its size, length is that of the content, -1 if that is unknown.
// n is 0 if b begins with no header, or with a part of one.
func parseHeader(b []byte) (id uint32, length int64, n int) {
	wide, n := parseNumber(b, 4, true)
	if n == 0 || wide&(1<<(7*n)-1) == 1<<(7*n)-1 { // all ones are reserved
		return 0, 0, 0
	}
	v, m := parseNumber(b[n:], 8, false)
	if m == 0 {
		return 0, 0, 0
	}
	length = int64(v)
	if v == 1<<(7*m)-1 {
		length = -1
	}
	return uint32(wide), length, n + m
}

// parseNumber reads a number of variable size, at most limit bytes: RFC 8794, 4. marked keeps the bit that marks its size, as in
// IDs. n is 0 if there is none.
func parseNumber(b []byte, limit int, marked bool) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	n = bits.LeadingZeros8(b[0]) + 1
	if n > limit || n > len(b) {
		return 0, 0
	}
	for _, c := range b[:n] {
		v = v<<8 | uint64(c)
	}
	if !marked {
		v &= 1<<(7*n) - 1
	}
	return v, n
}

// parseUint reads the content of an element that is an unsigned number.
func parseUint(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

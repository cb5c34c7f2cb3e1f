// Package mpegts reads MPEG transport streams: ISO/IEC 13818-1, whose clauses the comments name. Packet,
// SectionReader and PESReader take packets, and give the sections of tables and the PES packets that are
// whole; the reader finds the packets in a file, and makes access units of what they carry.
//
// Why no library does this: docs/decisions/0002-transport-streams.md.
package mpegts

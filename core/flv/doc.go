// Package flv turns access units into the bodies of RTMP audio and video messages, which are FLV tag bodies, and back.
//
// The layouts are those of "Adobe Flash Video File Format Specification 10.1", annex E, and of Enhanced RTMP v1 and v2; decoder configurations
// are those of ISO/IEC 14496-15 and of the bindings of other codecs to MP4. A VideoTrack or AudioTrack follows what a track says of itself, a
// Form says how its messages are written, a Builder writes them, VideoTags and AudioTags read them. The package reads no files and keeps no
// time: bytes in, bytes out.
//
// Its users are the muxer, which sends, and the sources, which read. Sizes and numbers that media
// itself declares are bounded. There are no goroutines and no locks: one goroutine at a time uses a
// track or a Builder.
package flv

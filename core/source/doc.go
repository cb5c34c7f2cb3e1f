// Package source reads media files, and the built-in clip, as access units in decode order with exact times.
//
// It reads FLV (also in the forms of Enhanced RTMP), MP4 and MOV (also fragmented), Matroska and WebM, MPEG-TS, H.264 and HEVC in byte stream format,
// IVF with AV1, VP9 or VP8, Ogg with Opus or FLAC, WAV with G.711, and raw frames of AAC (ADTS), MP3, AC-3 and E-AC-3. Of several tracks the first one of video
// and the first one of audio that can be sent are; Info names the others. Each container is a package below this one; formats.go
// lists them. It starts no goroutine, reads no clock and paces nothing: who asks for
// the next unit gets it.
//
// Its users are the feeder, which paces the units, and ingest for the descriptions of live sources.
// Memory stays within bounds for any input, and what is damaged costs only itself. One goroutine at a
// time uses a Source.
package source

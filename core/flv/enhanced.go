package flv

import (
	"errors"
	"fmt"
)

// enhancedTrack is what an enhanced body has of one track.
type enhancedTrack struct {
	codec       Codec
	track       uint8
	packetType  uint8
	nanoseconds uint32
	data        []byte
}

// enhancedTracks reads an enhanced body, see appendEnhanced, and yields each track; after an error only if the codec of the track is all
// that is wrong.
func enhancedTracks(kind Kind, body []byte, frameType byte, yield func(enhancedTrack, error) bool) {
	t := enhancedTrack{packetType: body[0] & 0x0F}
	rest, err := t.readModEx(kind, body[1:])
	if err != nil {
		yield(t, err)
		return
	}
	if kind == Video && frameType == frameTypeCommand && t.packetType != PacketMetadata {
		t.packetType, t.data = PacketCommand, rest
		yield(t, nil)
		return
	}
	multitrack := uint8(packetAudioMultitrack)
	if kind == Video {
		multitrack = packetVideoMultitrack
	}
	if t.packetType == multitrack {
		t.multitrack(kind, multitrack, rest, yield)
		return
	}
	if err = t.readCodec(kind, &rest); err == nil {
		err = t.readBody(kind, rest)
	}
	yield(t, err)
}

// readModEx reads modifiers up to the packet type that is none. Those of unknown types are passed over.
func (t *enhancedTrack) readModEx(kind Kind, b []byte) ([]byte, error) {
	for t.packetType == packetModEx {
		if len(b) == 0 {
			return nil, shortEnhanced(kind, "the size of a ModEx")
		}
		size := int(b[0]) + 1
		b = b[1:]
		if size == 256 {
			if len(b) < 2 {
				return nil, shortEnhanced(kind, "the size of a ModEx")
			}
			size = (int(b[0])<<8 | int(b[1])) + 1
			b = b[2:]
		}
		if len(b) < size+1 {
			return nil, shortEnhanced(kind, fmt.Sprintf("the end of a ModEx of %d bytes: %d follow", size, len(b)))
		}
		if modType := b[size] >> 4; modType == modExNanoseconds && size >= 3 {
			t.nanoseconds = min(uint32(b[0])<<16|uint32(b[1])<<8|uint32(b[2]), MaxNanoseconds)
		}
		t.packetType = b[size] & 0x0F
		b = b[size+1:]
	}
	return b, nil
}

// multitrack yields the tracks of a multitrack body: its type and the packet type, the FourCC, which the third type has for each track, the
// track id, and the size where there are several tracks.
func (t *enhancedTrack) multitrack(kind Kind, multitrack uint8, b []byte, yield func(enhancedTrack, error) bool) {
	if len(b) == 0 {
		yield(*t, shortEnhanced(kind, "the multitrack type"))
		return
	}
	form := b[0] >> 4
	t.packetType = b[0] & 0x0F
	b = b[1:]
	var err error
	switch {
	case form > multitrackManyCodecs:
		err = fmt.Errorf("%s body with multitrack type %d %w", kind, form, ErrUnsupportedCodec)
	case t.packetType == multitrack || t.packetType == packetModEx:
		err = fmt.Errorf("%s body with packet type %d within a multitrack %w", kind, t.packetType, ErrUnsupportedCodec)
	case len(b) == 0:
		err = shortEnhanced(kind, "the first track")
	}
	if err != nil {
		yield(*t, err)
		return
	}
	var codecErr error
	if form != multitrackManyCodecs {
		if codecErr = t.readCodec(kind, &b); errors.Is(codecErr, ErrShortBody) {
			yield(*t, codecErr)
			return
		}
	}
	packetType := t.packetType
	for first := true; first || len(b) > 0; first = false {
		t.packetType, t.data = packetType, nil
		if form == multitrackManyCodecs {
			if codecErr = t.readCodec(kind, &b); errors.Is(codecErr, ErrShortBody) {
				yield(*t, codecErr)
				return
			}
		}
		data, rest, err := t.readTrack(kind, form, b)
		if err != nil {
			yield(*t, err)
			return
		}
		b = rest
		err = codecErr
		if err == nil {
			err = t.readBody(kind, data)
		}
		if !yield(*t, err) || form == multitrackOne || errors.Is(err, ErrShortBody) {
			return
		}
	}
}

// readTrack reads the id and the size of a track.
func (t *enhancedTrack) readTrack(kind Kind, form byte, b []byte) (data, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, shortEnhanced(kind, "the track id")
	}
	t.track = b[0]
	b = b[1:]
	if form == multitrackOne {
		return b, nil, nil
	}
	if len(b) < 3 {
		return nil, nil, shortEnhanced(kind, fmt.Sprintf("the size of track %d", t.track))
	}
	size := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
	b = b[3:]
	if size > len(b) {
		return nil, nil, shortEnhanced(kind, fmt.Sprintf("the end of track %d of %d bytes: %d follow", t.track, size, len(b)))
	}
	return b[:size:size], b[size:], nil
}

// readCodec reads a FourCC.
func (t *enhancedTrack) readCodec(kind Kind, b *[]byte) error {
	if len(*b) < 4 {
		return shortEnhanced(kind, "the FourCC")
	}
	fourCC := (*b)[:4]
	*b = (*b)[4:]
	for c := range codecs {
		if known := codecs[c]; known.kind == kind && known.fourCC == string(fourCC) {
			t.codec = Codec(c)
			return nil
		}
	}
	t.codec = NoCodec
	return fmt.Errorf("%s codec %q (Enhanced RTMP) %w", kind, fourCC, ErrUnsupportedCodec)
}

// readBody reads what follows the header of a track.
func (t *enhancedTrack) readBody(kind Kind, b []byte) error {
	t.data = b
	if kind == Audio {
		if t.packetType > PacketEndOfSequence && t.packetType != PacketMultichannelConfig {
			return fmt.Errorf("%v packet type %d %w", t.codec, t.packetType, ErrUnsupportedCodec)
		}
		return nil
	}
	switch {
	case t.packetType == packetMPEG2TS:
		return fmt.Errorf("%v sequence start of an MPEG transport stream %w", t.codec, ErrUnsupportedCodec)
	case t.packetType > packetMPEG2TS:
		return fmt.Errorf("%v packet type %d %w", t.codec, t.packetType, ErrUnsupportedCodec)
	case t.packetType == PacketFrame && t.codec.HasNALUs() && len(b) < 3:
		return shortEnhanced(Video, "the composition time")
	}
	return nil
}

func (t *enhancedTrack) video(frameType byte, err error) (VideoTag, error) {
	tag := VideoTag{
		Codec: t.codec, Track: t.track, Key: isKeyType(frameType), PacketType: t.packetType, Nanoseconds: t.nanoseconds, Data: t.data,
	}
	switch {
	case err != nil:
	case t.packetType == PacketMetadata:
		tag.Key = false // the frame type says nothing
	case t.packetType == packetFramesX:
		tag.PacketType = PacketFrame
	case t.packetType == PacketFrame && t.codec.HasNALUs():
		tag.CompositionTime, tag.Data = int24(t.data), t.data[3:]
	}
	return tag, err
}

func shortEnhanced(kind Kind, before string) error {
	return fmt.Errorf("%w: Enhanced RTMP %s body ends before %s", ErrShortBody, kind, before)
}

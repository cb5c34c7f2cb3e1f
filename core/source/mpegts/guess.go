package mpegts

import (
	"slices"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/audioframes"
)

const (
	maxGuesses = 16

	// guessBytes is how far something of a stream has to come whose kind is not known.
	guessBytes = 1 << 20

	// guessPackets is how many PES packets of it are looked at.
	guessPackets = 4
)

// guess is a stream of which the map of the program does not say what it is. Some multiplexers write AAC so, as
// ffmpeg does in M2TS.
type guess struct {
	pid     uint16
	name    string // what is said of it otherwise
	pes     PESReader
	packets int
}

// mayBeAnything reports whether a map says of a stream that it is private data, and nothing else.
func (es *Stream) mayBeAnything() bool {
	return es.Type == typePrivateData && !slices.ContainsFunc(es.Descriptors, func(d Descriptor) bool {
		switch d.Tag {
		case tagRegistration, tagTeletext, tagSubtitling, tagExtension:
			return true
		}
		return false
	})
}

// lookAt looks at a packet of a stream of which it is not known what it is.
func (f *reader) lookAt(p *Packet) {
	i := slices.IndexFunc(f.guesses, func(g *guess) bool { return g.pid == p.PID })
	if i < 0 || p.Scrambled {
		return
	}
	g, codec := f.guesses[i], flv.NoCodec
	g.pes.Add(p, func(pes *PES) {
		g.packets++
		if codec == flv.NoCodec && !pes.Scrambled {
			codec = audioOf(pes.Data)
		}
	})
	if codec == flv.NoCodec && g.packets < guessPackets {
		return
	}
	f.guesses = slices.Delete(f.guesses, i, i+1)
	if codec == flv.NoCodec {
		return
	}
	s := newTSStream(g.pid, codec, nil)
	if s.begin() != nil {
		return
	}
	if f.guessed == nil {
		f.guessed = map[uint16]flv.Codec{}
	}
	f.guessed[g.pid] = codec
	f.left = slices.DeleteFunc(f.left, func(name string) bool { return name == g.name })
	f.streams = append(f.streams, s)
}

// audioOf returns the codec of which data has whole frames, one after the other; NoCodec if it is none.
func audioOf(data []byte) flv.Codec {
	for _, how := range []audioframes.Framing{audioframes.ADTS, audioframes.AC3, audioframes.EAC3} {
		count, left := 0, data
		for len(left) >= how.Head {
			h, err := how.Parse(left)
			if err != nil || h.Size <= 0 || h.Size > len(left) {
				break
			}
			count, left = count+1, left[h.Size:]
		}
		if count > 1 || count == 1 && len(left) == 0 {
			return how.Codec
		}
	}
	return flv.NoCodec
}

package main

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"luatrtmp/tests/bench/harness"
)

// gortmp is gortmplib. It takes NAL units, as its sister libraries find them in Annex B: the scan is part of the run.
type gortmp struct {
	client       *gortmplib.Client
	w            *gortmplib.Writer
	video, audio *gortmplib.Track
}

func (g *gortmp) Connect(address string, m *harness.Media) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	at := strings.LastIndexByte(u.Path, '/') // gortmplib takes the stream's name from the fragment
	u.Path, u.Fragment = u.Path[:at], u.Path[at+1:]
	g.client = &gortmplib.Client{URL: u, Publish: true}
	if err := g.client.Initialize(context.Background()); err != nil {
		return err
	}
	g.w = &gortmplib.Writer{Conn: g.client}
	for _, r := range m.Records {
		switch {
		case r.Kind == harness.AudioHeader:
			var config mpeg4audio.AudioSpecificConfig
			if err := config.Unmarshal(r.Data); err != nil {
				return err
			}
			g.audio = &gortmplib.Track{Codec: &codecs.MPEG4Audio{Config: &config}}
		case r.Kind == harness.Video && g.video == nil:
			var unit h264.AnnexB
			if err := unit.Unmarshal(r.Data); err != nil {
				return err
			}
			g.video = &gortmplib.Track{Codec: &codecs.H264{SPS: unit[0], PPS: unit[1]}}
		}
	}
	g.w.Tracks = append(g.w.Tracks, g.video)
	if g.audio != nil {
		g.w.Tracks = append(g.w.Tracks, g.audio)
	}
	return g.w.Initialize()
}

func (g *gortmp) Send(r *harness.Record, ms uint32) error {
	at := time.Duration(ms) * time.Millisecond
	switch r.Kind {
	case harness.Audio:
		return g.w.WriteMPEG4Audio(g.audio, at, r.Data)
	case harness.Video:
		var unit h264.AnnexB
		if err := unit.Unmarshal(r.Data); err != nil {
			return err
		}
		return g.w.WriteH264(g.video, at, at, unit)
	}
	return nil
}

func (g *gortmp) Drain() error { return nil } // its writes wait for the network
func (g *gortmp) Close()       { g.client.Close() }

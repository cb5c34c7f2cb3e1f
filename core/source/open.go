package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/annexb"
	"luatrtmp/core/source/audioframes"
	"luatrtmp/core/source/media"
	"luatrtmp/internal/brief"
)

// Open opens a source. The content of a file decides what it is, whatever its name ends in. Errors say which file, where in it and, if
// there is a way, what to do about it.
func Open(spec Spec) (Source, error) {
	var (
		m   media.Reader
		err error
	)
	switch {
	case spec.FPS != 0 && !validFPS(spec.FPS):
		return nil, fmt.Errorf("%w: fps %v: expected a frame rate above 0, at most %d", ErrBadSpec, spec.FPS, media.MaxFPS)
	case spec.Path == None:
		return nil, fmt.Errorf("%w: %q has nothing to open", ErrBadSpec, None)
	case spec.Path == Clip:
		m, err = openMedium(spec, func() (*media.Input, error) { return clipInput(), nil })
	case spec.Path == "":
		return nil, fmt.Errorf("%w: the path is empty", ErrBadSpec)
	case spec.Live():
		return nil, fmt.Errorf("%w: %s is received, it cannot be opened", ErrBadSpec, shownPath(spec.Path))
	default:
		if err := checkPath(spec.Path); err != nil {
			return nil, err
		}
		m, err = openMedium(spec, func() (*media.Input, error) { return openFile(spec.Path) })
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shownPath(spec.Path), err)
	}
	if m, err = newNamed(brief.Text(spec.Path), &beginning{Reader: m}); err != nil {
		return nil, err
	}
	if spec.Loop || spec.Path == Clip {
		m = &loop{Reader: m, name: brief.Text(spec.Path)}
	}
	return &ascending{backward: &backward{Reader: m}}, nil
}

// openFile opens a regular file. Others are refused before they are opened: that of a FIFO would wait for a writer.
func openFile(path string) (*media.Input, error) {
	info, err := os.Stat(path)
	if err != nil {
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			err = pathErr.Err // the path is in the message already
		}
		return nil, err
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, fmt.Errorf("%w: it is a directory, expected a file", ErrBadSpec)
	case !mode.IsRegular():
		return nil, fmt.Errorf("%w: %s", ErrBadSpec, describeType(mode))
	case info.Size() == 0:
		return nil, fmt.Errorf("%w: it is empty", media.ErrBadMedia)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	size := func() (int64, error) { return f.Seek(0, io.SeekEnd) } // unlike Stat it does not allocate
	return &media.Input{ReaderAt: f, Size: info.Size(), Stat: size, OnClose: f.Close}, nil
}

func openMedium(spec Spec, open func() (*media.Input, error)) (media.Reader, error) {
	in, err := open()
	if err != nil {
		return nil, err
	}
	if spec.Warn != nil {
		in.Warn = func(text string) { spec.Warn(brief.Text(spec.Path) + ": " + text) }
	}
	m, err := openInput(spec.Path, in, spec.FPS)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return m, nil
}

// openInput opens what the content says it is.
func openInput(name string, in *media.Input, fps float64) (media.Reader, error) {
	head, err := media.ReadHead(in, 0)
	if err != nil {
		return nil, err
	}
	if tag := audioframes.ID3Size(head); tag > 0 {
		if head, err = media.ReadHead(in, tag); err != nil {
			return nil, err
		}
		if len(head) == 0 {
			return nil, fmt.Errorf("%w: there is nothing but an ID3 tag", media.ErrBadMedia)
		}
	}
	format, err := recognise(name, head)
	if errors.Is(err, media.ErrBadMedia) {
		if found, ok := audioframes.FindFormat(in); ok {
			format, err = found, nil
		} else if found, ok := annexb.FindFormat(in); ok {
			format, err = found, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if fps != 0 && !format.TakesFPS {
		return nil, fmt.Errorf("%w: fps=%v: only raw H.264 and HEVC take a frame rate, %s has its own times", ErrBadSpec, fps, format.Name)
	}
	in.FPS = fps
	return format.Open(in)
}

// named is a medium whose errors name the file, and whose Info has the configurations of the first units. It leaves out units in which
// there is nothing.
type named struct {
	media.Reader
	name string
	info media.Info
	kept [2]passedConfig // of units of video and audio that were left out
}

func newNamed(name string, m media.Reader) (*named, error) {
	n := &named{Reader: m, name: name, info: m.Info()}
	n.learn()
	if err := m.Rewind(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), m.Close())
	}
	return n, nil
}

const (
	// learnUnits and learnTime bound how far a file is read to find the first units of both tracks.
	learnUnits = 512
	learnTime  = 2 * time.Second
)

// learn reads the configurations of the first units, where there are two tracks: both go out before the first of them. What is wrong
// with the media comes when it is due.
func (n *named) learn() {
	if n.info.Video == nil || n.info.Audio == nil {
		return
	}
	var video, audio bool
	for units := 0; units < learnUnits && !(video && audio); units++ {
		u, err := n.Reader.Next()
		if err != nil || u.DTS > learnTime {
			return
		}
		switch {
		case u.Kind == flv.Video && !video:
			n.info.VideoConfig, video = bytes.Clone(u.Config), true
		case u.Kind == flv.Audio && !audio:
			n.info.AudioConfig, audio = bytes.Clone(u.Config), true
		}
	}
}

func (n *named) Info() media.Info { return n.info }

func (n *named) Next() (*flv.AccessUnit, error) {
	for {
		unit, err := n.Reader.Next()
		switch {
		case err == io.EOF:
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%s: %w", n.name, err)
		}
		kept := &n.kept[1]
		if unit.Kind == flv.Video {
			kept = &n.kept[0]
		}
		if unit.Config == nil && unit.Codec == kept.codec {
			unit.Config = kept.config
		}
		*kept = passedConfig{}
		if len(unit.NALUs) > 0 || len(unit.Data) > 0 {
			return unit, nil
		}
		*kept = passedConfig{unit.Codec, unit.Config}
	}
}

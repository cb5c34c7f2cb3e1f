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
	"luatrtmp/internal/brief"
)

// Open opens a source. The content of a file decides what it is, whatever its name ends in. Errors say which file, where in it and, if
// there is a way, what to do about it.
func Open(spec Spec) (Source, error) {
	var (
		m   medium
		err error
	)
	switch {
	case spec.FPS != 0 && !validFPS(spec.FPS):
		return nil, fmt.Errorf("%w: fps %v: expected a frame rate above 0, at most %d", ErrBadSpec, spec.FPS, maxFPS)
	case spec.Path == None:
		return nil, fmt.Errorf("%w: %q has nothing to open", ErrBadSpec, None)
	case spec.Path == Clip:
		m, err = openMedium(spec, func() (*input, error) { return clipInput(), nil })
	case spec.Path == "":
		return nil, fmt.Errorf("%w: the path is empty", ErrBadSpec)
	case spec.Live():
		return nil, fmt.Errorf("%w: %s is received, it cannot be opened", ErrBadSpec, shownPath(spec.Path))
	default:
		if err := checkPath(spec.Path); err != nil {
			return nil, err
		}
		m, err = openMedium(spec, func() (*input, error) { return openFile(spec.Path) })
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shownPath(spec.Path), err)
	}
	if m, err = newNamed(brief.Text(spec.Path), m); err != nil {
		return nil, err
	}
	if spec.Loop || spec.Path == Clip {
		m = &loop{medium: m}
	}
	return &ascending{backward: &backward{medium: m}}, nil
}

// openFile opens a regular file. Others are refused before they are opened: that of a FIFO would wait for a writer.
func openFile(path string) (*input, error) {
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
		return nil, fmt.Errorf("%w: it is empty", ErrBadMedia)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	size := func() (int64, error) { return f.Seek(0, io.SeekEnd) } // unlike Stat it does not allocate
	return &input{ReaderAt: f, size: info.Size(), stat: size, close: f.Close}, nil
}

func openMedium(spec Spec, open func() (*input, error)) (medium, error) {
	in, err := open()
	if err != nil {
		return nil, err
	}
	if spec.Warn != nil {
		in.warn = func(text string) { spec.Warn(brief.Text(spec.Path) + ": " + text) }
	}
	m, err := openInput(spec.Path, in, spec.FPS)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return m, nil
}

// openInput opens what the content says it is.
func openInput(name string, in *input, fps float64) (medium, error) {
	head, err := readHead(in, 0)
	if err != nil {
		return nil, err
	}
	if tag := id3Size(head); tag > 0 {
		if head, err = readHead(in, tag); err != nil {
			return nil, err
		}
		if len(head) == 0 {
			return nil, fmt.Errorf("%w: there is nothing but an ID3 tag", ErrBadMedia)
		}
	}
	format, err := sniff(name, head)
	if errors.Is(err, ErrBadMedia) {
		if how, ok := findFraming(in); ok {
			format, err = framed(how), nil
		}
	}
	if err != nil {
		return nil, err
	}
	if fps != 0 && !format.raw {
		return nil, fmt.Errorf("%w: fps=%v: only raw H.264 and HEVC take a frame rate, %s has its own times", ErrBadSpec, fps, format.name)
	}
	return format.open(in, fps)
}

// readHead reads what tells the format.
func readHead(in *input, offset int64) ([]byte, error) {
	head := make([]byte, max(min(sniffSize, in.size-offset), 0))
	if _, err := in.ReadAt(head, offset); err != nil && err != io.EOF {
		return nil, err
	}
	return head, nil
}

// named is a medium whose errors name the file, and whose Info has the configurations of the first units.
type named struct {
	medium
	name string
	info Info
}

func newNamed(name string, m medium) (*named, error) {
	n := &named{medium: m, name: name, info: m.Info()}
	n.learn()
	if err := m.rewind(); err != nil {
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
		u, err := n.medium.Next()
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

func (n *named) Info() Info { return n.info }

func (n *named) Next() (*flv.AccessUnit, error) {
	unit, err := n.medium.Next()
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", n.name, err)
	}
	return unit, err
}

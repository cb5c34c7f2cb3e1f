package media

import (
	"fmt"
)

// Window reads a file forward through a buffer: for formats whose frames are small and follow each other.
type Window struct {
	In     *Input
	Offset int64 // of what comes next
	Buf    []byte
	bufAt  int64 // offset of buf in the file
}

// Left returns how many bytes follow.
func (w *Window) Left() int64 { return w.In.Left(w.Offset) }

// Peek returns the next n bytes, which what names. They are valid until the next call. The error wraps ErrTruncated if the file ends before.
func (w *Window) Peek(n int, what string) ([]byte, error) {
	if left := w.Left(); left < int64(n) {
		return nil, fmt.Errorf("%w: %s at offset %d needs %d bytes, %d are left", ErrTruncated, what, w.Offset, n, left)
	}
	if w.Offset < w.bufAt || w.Offset+int64(n) > w.bufAt+int64(len(w.Buf)) {
		if err := w.fill(n); err != nil {
			return nil, err
		}
	}
	start := int(w.Offset - w.bufAt)
	return w.Buf[start : start+n : start+n], nil
}

// Ahead returns those of the bytes that follow which are in the buffer, at least one. There must be one left.
func (w *Window) Ahead(what string) ([]byte, error) {
	if _, err := w.Peek(1, what); err != nil {
		return nil, err
	}
	return w.Buf[w.Offset-w.bufAt:], nil
}

// fill reads ReadSize bytes at the offset, or n if that is more. Both are no more than the file had when it was asked last.
func (w *Window) fill(n int) error {
	size := int(min(int64(max(n, ReadSize)), w.Left()))
	if cap(w.Buf) < size {
		w.Buf = make([]byte, size, min(int64(size)+int64(size)/4, max(w.In.Size, int64(size))))
	}
	w.Buf, w.bufAt = w.Buf[:size], w.Offset
	got, err := w.In.ReadAt(w.Buf, w.Offset)
	w.Buf = w.Buf[:got]
	if got < n {
		return fmt.Errorf("read at offset %d: %w", w.Offset, err)
	}
	return nil // an error behind them comes when its turn has come
}

// Goto goes to an offset. What was read before is read again, as the file has it by then.
func (w *Window) Goto(offset int64) { w.Offset, w.Buf = offset, w.Buf[:0] }

// Skip goes n bytes forward, which may be beyond the end of the file.
func (w *Window) Skip(n int64) { w.Offset += n }

package source

import "fmt"

// window reads a file forward through a buffer: for formats whose frames are small and follow each other.
type window struct {
	in     *input
	offset int64 // of what comes next
	buf    []byte
	bufAt  int64 // offset of buf in the file
}

// left returns how many bytes follow.
func (w *window) left() int64 { return w.in.left(w.offset) }

// peek returns the next n bytes, which what names. They are valid until the next call. The error wraps ErrTruncated if the file ends before.
func (w *window) peek(n int, what string) ([]byte, error) {
	if left := w.left(); left < int64(n) {
		return nil, fmt.Errorf("%w: %s at offset %d needs %d bytes, %d are left", ErrTruncated, what, w.offset, n, left)
	}
	if w.offset < w.bufAt || w.offset+int64(n) > w.bufAt+int64(len(w.buf)) {
		if err := w.fill(n); err != nil {
			return nil, err
		}
	}
	start := int(w.offset - w.bufAt)
	return w.buf[start : start+n : start+n], nil
}

// ahead returns those of the bytes that follow which are in the buffer, at least one. There must be one left.
func (w *window) ahead(what string) ([]byte, error) {
	if _, err := w.peek(1, what); err != nil {
		return nil, err
	}
	return w.buf[w.offset-w.bufAt:], nil
}

// fill reads readSize bytes at the offset, or n if that is more. Both are no more than the file had when it was asked last.
func (w *window) fill(n int) error {
	size := int(min(int64(max(n, readSize)), w.left()))
	if cap(w.buf) < size {
		w.buf = make([]byte, size, min(int64(size)+int64(size)/4, max(w.in.size, int64(size))))
	}
	w.buf, w.bufAt = w.buf[:size], w.offset
	got, err := w.in.ReadAt(w.buf, w.offset)
	w.buf = w.buf[:got]
	if got < n {
		return fmt.Errorf("read at offset %d: %w", w.offset, err)
	}
	return nil // an error behind them comes when its turn has come
}

// seek goes to an offset. What was read before is read again, as the file has it by then.
func (w *window) seek(offset int64) { w.offset, w.buf = offset, w.buf[:0] }

// skip goes n bytes forward, which may be beyond the end of the file.
func (w *window) skip(n int64) { w.offset += n }

package main

// secure compares those that can over TLS. The sink decrypts with Go's crypto/tls.
func (b *bench) secure() (err error) {
	var some []publisher
	for _, p := range publishers() {
		switch p.name {
		case oursC, oursGo, "librtmp, chunk 60000, with scan", "ffmpeg -c copy":
			some = append(some, p)
		}
	}
	b.overTLS = true
	defer func() { b.overTLS = false }()
	const played = 90 // ffmpeg needs milliseconds for a picture here: its many small writes wait for acknowledgements
	k, err := b.prepare("secure", b.result.real.synthetic(largeKey, largeOther), b.scaled(3000, 300), played)
	if err != nil {
		return err
	}
	b.result.secure, err = b.saturate(some, k, b.scaled(5, 1))
	return err
}

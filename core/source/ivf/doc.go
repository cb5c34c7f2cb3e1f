// Package ivf reads IVF files with AV1, VP9 or VP8.
package ivf

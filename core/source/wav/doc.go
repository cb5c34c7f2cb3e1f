// Package wav reads WAV files with G.711.
package wav

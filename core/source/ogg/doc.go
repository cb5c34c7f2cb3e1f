// Package ogg reads Ogg files with Opus or FLAC.
package ogg

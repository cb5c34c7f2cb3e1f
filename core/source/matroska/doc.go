// Package matroska reads Matroska and WebM files: RFC 9559, on EBML, RFC 8794.
//
// The reader goes through the elements of a file one after the other and keeps none of them. It needs no index and no length of a
// cluster or segment, so that files are read that were never finished, and what follows something damaged. Of what stands in front of the
// media it has the library ebml-go read the parts; docs/decisions/0004-matroska.md says why not the rest.
//
// Package source opens it, by its Format. Elements, tracks and frames are bounded in number and size.
package matroska

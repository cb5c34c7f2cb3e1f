// Package mediatest is what the tests of the packages below core/source share: access units that can be
// compared, parts of files made by hand, and the files of core/source/testdata.
package mediatest

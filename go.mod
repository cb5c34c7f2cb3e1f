module luatrtmp

go 1.26

require (
	github.com/Eyevinn/mp4ff v0.50.0
	github.com/aarzilli/golua v0.0.0-20250217091409-248753f411c4
	github.com/asticode/go-astits v1.16.0
	github.com/at-wat/ebml-go v0.17.1
	github.com/bluenviron/gortmplib v1.0.1
	github.com/bluenviron/mediacommon/v2 v2.9.3
	github.com/pion/rtcp v1.2.20
	github.com/pion/rtp v1.10.6
	github.com/stretchr/testify v1.12.1
	golang.org/x/sys v0.41.0
)

require (
	github.com/abema/go-mp4 v1.7.1 // indirect
	github.com/asticode/go-astikit v0.30.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/pion/randutil v0.1.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

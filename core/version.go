package core

// Version of the library.
const Version = "0.1.0"

// encoderName is the encoder that onMetaData names.
const encoderName = "luat-rtmp/" + Version

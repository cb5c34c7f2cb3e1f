package core

// Version of the library.
const Version = "0.1.0"

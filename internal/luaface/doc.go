// Package luaface is what stands behind the functions of the Lua module, in C: Lua values to and from the public C API, of which it
// is the first user. luaopen_rtmp.c, its own user, lists the functions and makes contexts; here are, each file knowing those above
// it only:
//
//	host.h      the Lua that hosts the module
//	library.h   what the library offers beside its public header
//	bus         from the library's threads to the interpreter's
//	stack       arguments, results, and names in messages
//	context     a context: its life, connection and callbacks
//	values      what tables of a script hold, as C takes it
//	metadata    fields of onMetaData
//	source      what is sent while nothing is pushed
//	options     the options of a context
//	media       pushed frames
//	stats       state, statistics, errors
//	log         the log, where the script takes it
//	delivery    callbacks are called, by rtmp.poll
//	announce    delivery by LuatOS's loop
//
// The library never calls Lua, and no Lua error may cross a Go frame. So each function checks its arguments and takes memory first,
// then it calls the library, then it pushes results. What the library has to say waits on the bus until the interpreter's thread
// takes it.
//
// It starts a thread only where LuatOS's message bus is full, until there is room. Each bus has a lock, and so has the log; under none
// of them anything of Lua is called.
//
// In Go there is nothing to call: who needs the C functions imports the package, so that it is linked.
package luaface

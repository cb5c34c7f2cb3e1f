// Package luatos is LuatOS as the host, for the C files of the library: what its interpreter offers to a module besides Lua, its
// message bus and its camera, and the variable g_rtmp_ctx of its own component. All of that is found when the library is loaded: in
// another host every function does nothing, or says so. It knows the public C API and no Lua; its users are the Lua face and the C
// API, for which see the headers:
//
//	host.h     declarations, as LuatOS has them
//	msgbus.h   a message that lets the interpreter's thread call a function
//	camera.h   the camera feeds contexts that have no source of their own
//	binding.h  g_rtmp_ctx, for C code that is written for LuatOS's component
//
// It has no threads. The camera has two locks: one is held while the camera starts and stops, and taken before the other, under
// which nothing of the host or the library is called.
//
// In Go there is nothing to call: who needs the C functions imports the package, so that it is linked.
package luatos

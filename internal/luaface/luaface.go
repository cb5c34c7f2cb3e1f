package luaface

// #cgo CFLAGS: -std=c99 -Wall -Wextra -Wshadow
import "C"

import (
	_ "luatrtmp/internal/forkguard"
	_ "luatrtmp/internal/luatos"
)

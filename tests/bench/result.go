package main

// result is all that was measured; what was not is empty.
type result struct {
	largeMedia, smallMedia, clipMedia *content
	real                              *clip

	missing                           []string // publishers that are not installed
	large, small, clip, paced, secure []row
	connects                          []connectRow
	latencies                         []latencyRow
	memory                            []memoryRow
	loading                           *loading
	byContexts, bySize                []curve
	against                           []againstTable
}

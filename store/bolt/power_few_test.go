//go:build !crash

package bolt

// powerEvery: make crash looks at each third moment of the recording.
const powerEvery = 100

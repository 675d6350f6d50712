//go:build !damage

package bolt

// flipAll: make damage changes every byte.
const flipAll = false

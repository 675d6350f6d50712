//go:build crash

package bolt

const powerEvery = 3
